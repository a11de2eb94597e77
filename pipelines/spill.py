"""Spill: rows on disk while a plan is made, so that its memory does not grow with the corpus.

Rows are cut into parts by the first bits of their place, a seeded hash of the key. Each part fits into memory
and is sorted there; part after part gives all rows in the order of the build.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import xxhash

from manifests.storage import room

PART_BITS = 6
BLOCK = 128
"""Rows written at a time: large enough that a row costs little, small enough that many files can be open."""


def place_of(key: str, seed: int) -> int:
    """Where a key stands in the order of the build: a hash of 64 bits."""
    return xxhash.xxh3_64_intdigest(key.encode(), seed)


class Rows:
    """Tuples on disk, in the order in which they were added; only what marshal holds, and only for this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._held: list[tuple[Any, ...]] = []

    def add(self, row: tuple[Any, ...]) -> None:
        self._held.append(row)
        self.count += 1
        if len(self._held) >= BLOCK:
            self.flush()

    def flush(self) -> None:
        if self._held:
            block = marshal.dumps(self._held)
            with room(self.path.parent), open(self.path, "ab") as sink:
                sink.write(len(block).to_bytes(8, "little") + block)
            self._held = []

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        self.flush()
        if self.count:
            with open(self.path, "rb") as source:
                while size := int.from_bytes(source.read(8), "little"):
                    yield from marshal.loads(source.read(size))


class Spill:
    """Tuples that begin with a place, in parts by its first bits."""

    def __init__(self, folder: Path, name: str) -> None:
        self._parts = [Rows(folder / f"{name}-{number:02d}") for number in range(1 << PART_BITS)]

    def extend(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for row in rows:
            self._parts[row[0] >> (64 - PART_BITS)].add(row)

    def __len__(self) -> int:
        return sum(part.count for part in self._parts)

    def parts(self) -> Iterator[list[tuple[Any, ...]]]:
        """The parts in order, each sorted."""
        for part in self._parts:
            yield sorted(part)
