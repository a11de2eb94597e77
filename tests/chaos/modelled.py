"""A store beside what it should hold: a dictionary for its corpus, and one for each generation and candidate."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from manifests import generation, index
from manifests.errors import DamagedError, StoreError
from manifests.generation import Generation
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.forget import find, forget
from pipelines.gc import collect
from pipelines.history import rollback, short_name
from pipelines.receipts import receipts
from tests.chaos.flips import targets
from tests.chaos.life import BROKEN, LIMIT, TONE, Corpus, Fresh, Held, Reader, Recorded, Snapshot, build_of, read

FIRST, READERS = 6, 3
"""Recordings that are always there, so that no split is empty; how many generations are kept open."""
ALWAYS = [Corpus.key(number) for number in range(FIRST)]
History = dict[int, Snapshot]
Operation = tuple[Callable[[], object], History]
"""What is to be done, and the history when it is done."""


class Modelled:
    """`history` says what each generation holds, `candidates` what a gate refused, and upon which generation.

    `hurt` names the files that are damaged, with their sound bytes and the present ones. `done` counts the steps.
    """

    done: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="wavemill-machine-"))
        self.corpus, self.fresh = Corpus(self.folder), Fresh(self.folder)
        self.storage = LocalStorage(self.corpus.tones.store)
        self.candidates: dict[str, tuple[int, Snapshot]] = {}
        self.forgotten: set[str] = set()
        self.hurt: dict[str, tuple[bytes, bytes]] = {}
        self.readers: list[Reader] = []
        for number, key in enumerate(ALWAYS):
            self.corpus.write(key, TONE, number)
        build_of(self.corpus, "inline", False)
        self.history: History = {1: self.wanted()}
        self.look()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    # what is there

    def wanted(self) -> Snapshot:
        """What a build should make."""
        return without(self.corpus.files, self.forgotten)

    @property
    def last(self) -> int:
        return max(self.history)

    def held(self) -> dict[str, Snapshot]:
        """What each generation and each candidate holds, by the names of their files."""
        waiting = {f"{generation.CANDIDATE}{name}.json": snapshot for name, (_, snapshot) in self.candidates.items()}
        return {generation.name_of(number): snapshot for number, snapshot in self.history.items()} | waiting

    def loose(self) -> list[str]:
        return sorted(set(self.corpus.files) - set(ALWAYS))

    def sound(self, name: str) -> Generation | None:
        """The generation or candidate of that name, None for a damaged one."""
        try:
            return generation.read(self.storage, name)
        except DamagedError:
            return None

    def shards(self) -> list[str]:
        """The shards that readers see, as far as that can be told."""
        made = self.sound(generation.name_of(self.last))
        return [entry.shard for entry in made.shards if entry.shard] if made else []

    def known(self) -> set[str]:
        """The files that something sound says should be there, and those that speak for themselves."""
        own = {name for name in targets(self.storage) if name.partition("/")[0] not in ("shards", "index")}
        entries = list(receipts(self.storage))
        for name in own:
            made = self.sound(name) if name.startswith(f"{generation.FOLDER}/") else None
            entries += made.shards if made else []
        return own | {name for entry in entries for name in (entry.index, entry.shard) if name}

    def has_changed(self, name: str) -> bool:
        """Whether a damaged file cannot be made again: it held a recording that is another one, or gone, by now.

        As good as changed is one without an identity, which was read just after it was written.
        """
        now = self.wanted()
        for holder, snapshot in self.held().items():
            made = self.sound(holder)
            for entry in made.shards if made else []:
                if name in (entry.index, entry.shard):
                    content = self.hurt[entry.index][0] if entry.index in self.hurt else self.storage.read(entry.index)
                    rows = index.decode(content).to_pylist()
                    if any(now.get(row["key"]) != snapshot[row["key"]] or not row["identity"] for row in rows):
                        return True
        return False

    # what operations do

    def collecting(self, keep: int) -> Operation:
        after = {number: self.history[number] for number in sorted(self.history)[-keep:]}
        return lambda: collect(self.storage, keep, keep_days=0, older_than=0), after

    def rolling_back(self, place: int) -> Operation:
        older = sorted(self.history)[:-1]
        target = older[place % len(older)]
        return lambda: rollback(self.storage, target), self.history | {self.last + 1: self.history[target]}

    def forgettable(self) -> list[str]:
        return sorted({key for snapshot in self.history.values() for key in snapshot} - set(ALWAYS))

    def forgetting(self, key: str) -> Operation:
        after = {number: without(snapshot, {key}) for number, snapshot in self.history.items()}
        return lambda: forget(self.storage, find(self.storage, f"key == {key!r}")), after

    def carry_out(self, what: str, operation: Callable[[], object], after: History) -> None:
        """Does it; what is damaged may stand in its way, and then nothing has changed."""
        try:
            operation()
        except StoreError:
            assert self.hurt
            self.count(f"{what}, stopped by damage")
        else:
            self.count(what)
            self.history = dict(after)
        self.look()

    def adopt(self, after: History) -> None:
        """Takes over how far an operation came that was killed: between what was, and what should have become."""
        now, before = set(generation.numbers(self.storage)), set(self.history)
        assert before & set(after) <= now <= before | set(after), (before, now, set(after))
        self.history = {number: after[number] if number in after else self.history[number] for number in now}

    def adopt_candidates(self) -> None:
        """Takes over what a gate has just refused; what it had refused before, upon an older generation, is renewed."""
        wanted = self.wanted()
        for name in generation.candidates(self.storage):
            made = self.sound(name)
            if made and made.parent == self.last and is_refused(wanted):
                _, snapshot = self.candidates.get(short_name(name), (None, wanted))
                self.candidates[short_name(name)] = self.last, snapshot

    def count(self, what: str) -> None:
        self.done[what] += 1

    # what is looked at after each step

    def look(self) -> None:
        """Compares every generation and candidate with the dictionary, and lets every reader read."""
        self._forget_what_is_mended()
        assert generation.numbers(self.storage) == sorted(self.history)
        for name, snapshot in self.held().items():
            self._compare(name, snapshot)
        if not self.hurt:
            self.readers = [*self.readers, Reader(Store.open(self.storage.root))][-READERS:]
        for reader in self.readers:
            reader.check()

    def _forget_what_is_mended(self) -> None:
        """Damage that is gone, candidates that are, and what candidates had of recordings that are forgotten."""
        self.hurt = {
            name: (sound, damaged)
            for name, (sound, damaged) in self.hurt.items()
            if self.storage.exists(name) and self.storage.read(name) == damaged
        }
        there = {short_name(name) for name in generation.candidates(self.storage)}
        self.candidates = {
            name: (parent, without(snapshot, self.forgotten))
            for name, (parent, snapshot) in self.candidates.items()
            if name in there
        }

    def _compare(self, name: str, snapshot: Snapshot) -> None:
        made = self.sound(name)
        if made is None:
            assert name in self.hurt, f"{name} is damaged"
            return
        held: Held = read(Store(self.storage, made), set(self.hurt))
        expected = self.fresh(snapshot)
        if held.whole:
            assert (held.checksums, held.fates) == (expected.checksums, expected.fates), name
        else:
            assert held.checksums.items() <= expected.checksums.items(), name
            assert held.fates.items() <= expected.fates.items(), name


def without(snapshot: Snapshot, keys: set[str]) -> dict[str, Recorded]:
    return {key: recorded for key, recorded in snapshot.items() if key not in keys}


def is_refused(snapshot: Snapshot) -> bool:
    """Whether the gate refuses so many broken recordings."""
    return sum(recorded.kind == BROKEN for recorded in snapshot.values()) > LIMIT * len(snapshot)


def is_same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots have the same content, whenever it was written."""
    return {key: found.content for key, found in one.items()} == {key: found.content for key, found in other.items()}
