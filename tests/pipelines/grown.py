"""A store of several small shards and two generations, built once for a module of tests and copied for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from manifests.generation import ShardEntry
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.build import build
from pipelines.lock import locked
from pipelines.task import receipt_name
from tests.pipelines.corpora import Tones, checksums

COUNT, GROWN = 20, 26
SMALL_SHARDS = "store.shard_bytes=24000"
NOISE = "  - add_noise: {from: tones, snr_db: {uniform: [0, 20]}, act_on: all}\n"


Build = Callable[[str], "Grown"]


@dataclass
class Grown:
    """A store with its corpus: `COUNT` tones and a broken file in generation 1; in generation 2 there are `GROWN`
    tones, of which one has changed.
    """

    tones: Tones
    root: Path

    @property
    def storage(self) -> LocalStorage:
        return LocalStorage(self.root)

    def copied(self, folder: Path) -> Grown:
        """A copy of the store alone; it may be damaged."""
        return Grown(self.tones, Path(shutil.copytree(self.root, folder / "copy")))

    def corpus_too(self, folder: Path) -> Grown:
        """A copy of the store and of its corpus, whose recipe reads the copy."""
        tones = Tones(folder, 0, self.tones.format, self.tones.more, self.tones.tail)
        tones.clock = self.tones.clock
        shutil.copytree(self.tones.root, tones.root)
        return Grown(tones, Path(shutil.copytree(self.root, tones.store)))

    def digests(self) -> dict[str, bytes]:
        """The bytes of every file but the lock and what is only a view, by name."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and path.parent != self.root and path.parent.name not in ("runs", "damaged")
        }

    def build(self, *overrides: str):
        return build(self.tones.recipe(SMALL_SHARDS, f"store.path={self.root}", *overrides), "inline")

    @contextmanager
    def lock(self) -> Iterator[LocalStorage]:
        with locked(self.root):
            yield self.storage


def grow(folder: Path, format: str = "arrow", more: str = "", change: bool = True, broken: bool = True) -> Grown:
    """Builds the store; without `change`, generation 2 has new recordings only, without `broken` no broken file."""
    tones = Tones(folder, COUNT, format, more)
    if broken:
        path = tones.root / "high" / "broken.wav"
        path.write_bytes(b"no audio")
        os.utime(path, (tones.clock, tones.clock))
    made = Grown(tones, tones.store)
    made.build()
    for number in range(COUNT, GROWN):
        tones.add(number)
    if change:
        tones.add(0, seconds=0.3)
    made.build()
    return made


def only_in(grown: Grown, number: int) -> ShardEntry:
    """A shard that one of the two generations has and the other has not."""
    mine, other = (Store.open(f"{grown.root}@{n}").generation.shards for n in (number, 3 - number))
    return next(entry for entry in mine if entry.index not in {entry.index for entry in other})


def files_of(store: Store) -> list[str]:
    """The shards, indexes and receipts of a generation."""
    return [
        name
        for entry in store.generation.shards
        for name in (entry.shard, entry.index, receipt_name(entry.task))
        if name
    ]


def read_all(store: Store) -> dict[tuple[str, int, int], str]:
    """Reads every example of a generation, checked; the checksums."""
    for entry in store.generation.shards:
        for row in store.index(entry).to_pylist():
            if row["checksum"]:
                store.shard(entry).check(row)
    return checksums(Path(f"{store.storage.root}@{store.generation.number}"))
