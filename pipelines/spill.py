"""Spill: rows on disk while a plan is made, so that its memory does not grow with the corpus.

Rows are cut into parts by the first bits of their place, a seeded hash of the key. Each part fits into memory
and is sorted there; part after part gives all rows in the order of the build.
"""

from __future__ import annotations

import marshal
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import xxhash

from manifests.storage import room

PART_BITS = 6
BLOCK = 256
"""Rows written at a time: large enough that a row costs little, small enough that many files can be open."""


def place_of(key: str, seed: int) -> int:
    """Where a key stands in the order of the build: a hash of 64 bits."""
    return xxhash.xxh3_64_intdigest(key.encode(), seed)


Item = tuple[Any, ...]


class Rows:
    """Tuples on disk, in the order in which they were added; only what marshal holds, and only for this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._held: list[Item] = []
        self._size = 0
        self._firsts, self._places = array("Q"), array("Q")
        """Of each block: how many rows lie before it, and how many bytes."""

    def add(self, row: Item) -> None:
        self._held.append(row)
        self.count += 1
        if len(self._held) >= BLOCK:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            block = marshal.dumps(self._held)
            with room(self.path.parent), open(self.path, "ab") as sink:
                sink.write(len(block).to_bytes(8, "little") + block)
            self._firsts.append(self.count - len(self._held))
            self._places.append(self._size)
            self._size += 8 + len(block)
            self._held = []

    def part(self, start: int, stop: int) -> Part:
        """The rows from `start` up to `stop`; read only when they are wanted."""
        return Part(self, start, stop)

    def between(self, start: int, stop: int) -> Iterator[Item]:
        self._flush()
        if start < stop:
            block = bisect_right(self._firsts, start) - 1
            yield from islice(self._from(block), start - self._firsts[block], stop - self._firsts[block])

    def _from(self, block: int) -> Iterator[Item]:
        with open(self.path, "rb") as source:
            source.seek(self._places[block])
            while size := int.from_bytes(source.read(8), "little"):
                yield from marshal.loads(source.read(size))

    def __iter__(self) -> Iterator[Item]:
        return self.between(0, self.count)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the rows on disk, one after the other."""

    rows: Rows
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __iter__(self) -> Iterator[Item]:
        return self.rows.between(self.start, self.stop)


class Spill:
    """Tuples that begin with a place, in parts by its first bits."""

    def __init__(self, folder: Path, name: str) -> None:
        self._parts = [Rows(folder / f"{name}-{number:02d}") for number in range(1 << PART_BITS)]

    def extend(self, rows: Iterable[Item]) -> None:
        parts = self._parts
        for row in rows:
            parts[row[0] >> (64 - PART_BITS)].add(row)

    def __len__(self) -> int:
        return sum(part.count for part in self._parts)

    def parts(self) -> Iterator[list[Item]]:
        """The parts in order, each sorted."""
        for part in self._parts:
            yield sorted(part)


def grouped(folder: Path, rows: Iterable[tuple[int, Item]]) -> dict[int, Part]:
    """Rows by the number of their group, sorted inside it; what is held is a share of them, however many the groups."""
    some = [Rows(folder / f"groups-{number:02d}") for number in range(1 << PART_BITS)]
    for group, row in rows:
        some[group % len(some)].add((group, *row))
    ordered, parts = Rows(folder / "grouped"), {}
    for share in some:
        for group, held in groupby(sorted(share), key=itemgetter(0)):
            start = ordered.count
            for row in held:
                ordered.add(row[1:])
            parts[group] = ordered.part(start, ordered.count)
    return parts
