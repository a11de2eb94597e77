"""What a store should hold, as plain dictionaries: a corpus, and what fresh builds make of its recordings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from manifests.errors import DamagedError, StoreError
from manifests.index import PRODUCED
from manifests.shard import ShardReader
from manifests.store import Store
from pipelines.build import Summary, build
from pipelines.recipe import Recipe
from tests.factories import tone
from tests.pipelines.corpora import Tones
from tests.pipelines.in_process import in_process

STAGES = "  - trim_silence: {}\n  - gain: {gain_db: {uniform: [-12, 0]}}\n"
GATES = "gates: {max_rejected: 25%}\n"
COPIES = "copies: {train: 2}\n"
SHARD_BYTES = "store.shard_bytes=16000"
TONE, SILENCE, BROKEN = KINDS = ("tone", "silence", "broken")
LIMIT = 0.25
"""The share of rejected recordings that GATES allows."""

Example = tuple[str, int, int]
"""Key, copy, part."""


class Recorded(NamedTuple):
    """What a file holds, a kind and a variant of it, and when it was written, in nanoseconds."""

    kind: str
    variant: int
    stamp: int

    @property
    def content(self) -> tuple[str, int]:
        return self.kind, self.variant


Snapshot = Mapping[str, Recorded]
"""The recordings of a generation, or of a corpus, by key."""


class Corpus:
    """A folder of short recordings, and the dictionary that says what is in it."""

    def __init__(self, folder: Path, format: str = "arrow") -> None:
        self.tones = Tones(folder, 0, format, STAGES, COPIES + GATES)
        self.files: dict[str, Recorded] = {}

    @staticmethod
    def key(number: int) -> str:
        return f"tones/{'low' if number % 2 else 'high'}/{number:04d}.wav"

    def path(self, key: str) -> Path:
        return self.tones.root / key.removeprefix("tones/")

    def write(self, key: str, kind: str, variant: int, just_now: bool = False) -> None:
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == BROKEN:
            path.write_bytes(b"no audio, %d" % variant)
            self._date(path)
        else:
            level = -6.0 if kind == TONE else -1000.0
            self.tones.write(path, tone(0.1 + 0.01 * (variant % 5), 8000, 200 + 37 * variant, level))
        if just_now:
            os.utime(path)
        self.files[key] = Recorded(kind, variant, path.stat().st_mtime_ns)

    def touch(self, key: str) -> None:
        self._date(self.path(key))
        self.files[key] = self.files[key]._replace(stamp=self.path(key).stat().st_mtime_ns)

    def delete(self, key: str) -> None:
        self.path(key).unlink()
        del self.files[key]

    def recipe(self) -> Recipe:
        return self.tones.recipe(SHARD_BYTES)

    def _date(self, path: Path) -> None:
        self.tones.clock += 1
        os.utime(path, (self.tones.clock, self.tones.clock))


@dataclass
class Held:
    """What was read of a generation. `whole` is False where a damaged index kept something back."""

    checksums: dict[Example, str] = field(default_factory=dict)
    fates: dict[str, str] = field(default_factory=dict)
    whole: bool = True


class Fresh:
    """What fresh builds make of recordings: a corpus that has something new is built whole, into an empty store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fates: dict[tuple[str, str, int], str] = {}
        self._checksums: dict[tuple[str, str, int], dict[Example, str]] = {}
        self.builds = 0

    def __call__(self, snapshot: Snapshot) -> Held:
        named = {key: (key, *recorded.content) for key, recorded in snapshot.items()}
        if any(name not in self._fates for name in named.values()):
            self._build(snapshot)
        parts = (self._checksums[name] for name in named.values())
        checksums = {example: checksum for part in parts for example, checksum in part.items()}
        return Held(checksums, {key: self._fates[name] for key, name in named.items()})

    def _build(self, snapshot: Snapshot) -> None:
        corpus = Corpus(self._folder / "fresh")
        corpus.tones.tail = COPIES
        for key, recorded in snapshot.items():
            corpus.write(key, *recorded.content)
        with in_process():
            build(corpus.recipe(), "inline")
        found = read(Store.open(corpus.tones.store), set())
        shutil.rmtree(corpus.tones.folder)
        assert set(found.fates) == set(snapshot)
        for key, recorded in snapshot.items():
            name = (key, *recorded.content)
            own = {example: checksum for example, checksum in found.checksums.items() if example[0] == key}
            assert self._checksums.setdefault(name, own) == own, "a fresh build gives other bits than one before it"
            assert self._fates.setdefault(name, found.fates[key]) == found.fates[key]
        self.builds += 1


def read(store: Store, damaged: set[str]) -> Held:
    """Everything that a generation holds, each example checked; only a file in `damaged` may refuse."""
    held, examples, recordings = Held(), 0, 0
    for entry in store.generation.shards:
        try:
            rows = store.index(entry).to_pylist()
        except StoreError:
            assert entry.index in damaged, f"{entry.index} cannot be read"
            held.whole = False
            continue
        produced = [row for row in rows if row["fate"] == PRODUCED]
        held.fates |= {row["key"]: row["fate"] for row in rows}
        held.checksums |= {(row["key"], row["copy"], row["part"]): row["checksum"] for row in produced}
        recordings, examples = recordings + len({row["key"] for row in rows}), examples + len(produced)
        if produced:
            try:
                reader = store.shard(entry)
                for row in produced:
                    reader.check(row)
            except DamagedError:
                assert entry.shard in damaged, f"{entry.shard} cannot be read"
    assert recordings == len(held.fates), "a recording is there twice"
    assert examples == len(held.checksums), "an example is there twice"
    return held


class Reader:
    """Somebody who has a generation open, and goes on reading whatever becomes of the store."""

    def __init__(self, store: Store) -> None:
        self._open: list[tuple[ShardReader, list[dict[str, object]]]] = [
            (store.shard(entry), [row for row in store.index(entry).to_pylist() if row["fate"] == PRODUCED])
            for entry in store.generation.shards
            if entry.shard
        ]

    def check(self) -> None:
        for reader, rows in self._open:
            for row in rows:
                reader.check(row)


def decoded_at_most(now: Snapshot, before: Snapshot) -> int:
    """How many recordings have another content than before, or were not there."""
    return sum(key not in before or before[key].content != recorded.content for key, recorded in now.items())


def build_of(corpus: Corpus, cluster: str, real: bool) -> Summary:
    """Builds the store, with a supervised builder process where `real`."""
    if real or cluster != "inline":
        return build(corpus.recipe(), cluster, 2)
    with in_process():
        return build(corpus.recipe(), "inline")
