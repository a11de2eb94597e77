"""Matching: which fingerprints of different splits agree, among any number of them.

A word by itself is shared by many recordings, so it is looked up with six bits of the one 0.37 s later. All words lie
in one file, one recording behind the other; a key is known by the position of its word. Equal keys are found part by
part, each part being what some of the key's hash says: memory holds a million positions at a time, and the file is read
once for each part.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.filters.fingerprint import BITS
from manifests.storage import room
from pipelines.spill import Spill, place_of

PART = 1 << 20
"""Keys, and pairs of them, that are held at a time."""
COMMON = 1 << 12
"""A key that more positions hold than this tells nothing."""
_LATER, _LATER_BITS = 16, 6
_NEAR = np.arange(-40, 41, 5)
"""Words around an equal pair that are compared first: two seconds."""
_MIX = np.uint32(2_654_435_769)  # 2^32 / golden ratio, Knuth's multiplicative hash

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """Two recordings, (key, split) each, and the share of their common bits that differ."""

    first: tuple[str, str]
    second: tuple[str, str]
    errors: float
    bits: int


class Prints:
    """Fingerprints on disk; in memory there are 17 bytes for each recording."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._words, self._names = folder / "words", folder / "names"
        self._words.touch()
        self._starts, self._places = array("q", [0]), array("q", [0])
        self._splits: list[str] = []
        self._split_of = array("B")

    def add(self, key: str, split: str, words: NDArray[np.uint32]) -> None:
        """A recording; words that are 0 say nothing."""
        if split not in self._splits:
            self._splits.append(split)
        name = key.encode()
        with room(self._words), open(self._words, "ab") as sink, open(self._names, "ab") as names:
            sink.write(words.astype("<u4").tobytes())
            names.write(name)
        self._starts.append(self._starts[-1] + len(words))
        self._places.append(self._places[-1] + len(name))
        self._split_of.append(self._splits.index(split))

    def matches(self, max_errors: float, least: int) -> Iterator[Match]:
        """The pairs of different splits that differ in fewer bits than `max_errors`, over `least` words or more.

        They have half of the shorter one in common at least; each pair comes once, at its best offset.
        """
        pairs = Spill(self._folder, "pairs")
        pairs.extend(self._candidates(max_errors, least))
        for part in pairs.parts():
            for _, same in groupby(part, itemgetter(1, 2)):
                _, first, second, errors, bits = next(same)
                yield Match(self._name(first), self._name(second), errors / bits, bits)

    def _candidates(self, max_errors: float, least: int) -> Iterator[tuple[int, int, int, int, int]]:
        """Place, the two recordings, wrong bits and all bits, for each offset that some equal word suggests."""
        if not self._starts[-1]:
            return
        words = np.memmap(self._words, "<u4", "r")
        starts, splits = np.frombuffer(self._starts, np.int64), np.frombuffer(self._split_of, np.uint8)
        parts = -(-len(words) // PART)
        for part in range(parts):
            keys, positions = _keys(words, part, parts)
            owners = np.searchsorted(starts, positions, "right") - 1
            for a, b in _pairs(keys, splits[owners]):
                found = _alike(words, starts, positions[a], positions[b], max_errors)
                for first, second, offset in found.tolist():
                    errors, bits = self._compare(words, first, second, offset, least)
                    if errors < max_errors * bits:
                        yield place_of(f"{first} {second}", 0), first, second, errors, bits

    def _compare(self, words: NDArray[np.uint32], first: int, second: int, offset: int, least: int) -> tuple[int, int]:
        """Wrong bits and all bits that two recordings have in common; none where they have too little.

        Word n of the second goes with n + offset of the first.
        """
        a, b = (words[self._starts[n] : self._starts[n + 1]] for n in (first, second))
        x, y = a[max(0, offset) :], b[max(0, -offset) :]
        length = min(len(x), len(y))
        x, y = x[:length], y[:length]
        heard = (x != 0) & (y != 0)
        common = int(np.count_nonzero(heard))
        if common < max(least, min(np.count_nonzero(a), np.count_nonzero(b)) / 2):
            return 0, 0
        return int(np.bitwise_count((x ^ y)[heard]).sum()), common * BITS

    def _name(self, number: int) -> tuple[str, str]:
        with open(self._names, "rb") as source:
            source.seek(self._places[number])
            key = source.read(self._places[number + 1] - self._places[number]).decode()
        return key, self._splits[self._split_of[number]]


def _keys(words: NDArray[np.uint32], part: int, parts: int) -> tuple[NDArray[np.uint32], Positions]:
    """The keys of one part, by their hash, and where they are; a word that is 0 makes none."""
    keys, positions = [], []
    for start in range(0, len(words), PART):
        some = np.asarray(words[start : start + PART + _LATER])
        word, later = some[:-_LATER], some[_LATER:]
        key = word << np.uint32(_LATER_BITS) | later >> np.uint32(BITS - _LATER_BITS)
        chosen = np.flatnonzero((word != 0) & (later != 0) & ((key * _MIX >> np.uint32(8)) % np.uint32(parts) == part))
        keys.append(key[chosen])
        positions.append(chosen + start)
    return np.concatenate(keys), np.concatenate(positions)


def _pairs(keys: NDArray[np.uint32], splits: NDArray[np.uint8]) -> Iterator[tuple[Positions, Positions]]:
    """All pairs of equal keys in different splits, as indices, some at a time."""
    order = np.lexsort((splits, keys))
    key = keys[order]
    run = key.astype(np.int64) << 8 | splits[order]
    ends, run_ends = np.searchsorted(key, key, "right"), np.searchsorted(run, run, "right")
    sizes = ends - np.searchsorted(key, key, "left")
    counts = np.where(sizes <= COMMON, ends - run_ends, 0)  # of those behind it, in the splits behind its own
    before = np.concatenate([[0], np.cumsum(counts)])
    first = 0
    while first < len(counts):
        last = max(first + 1, int(np.searchsorted(before, before[first] + PART, "right")) - 1)
        some = counts[first:last]
        a = np.repeat(np.arange(first, last), some)
        b = np.repeat(run_ends[first:last] - before[first:last] + before[first], some) + np.arange(some.sum())
        yield order[a], order[b]
        first = last


def _alike(
    words: NDArray[np.uint32], starts: Positions, a: Positions, b: Positions, max_errors: float
) -> NDArray[np.int64]:
    """The pairs, by their positions, whose neighbours agree: rows of (recording, recording, offset), each once."""
    first, second = (np.searchsorted(starts, x, "right") - 1 for x in (a, b))
    errors, heard = np.zeros(len(a), np.int64), np.zeros(len(a), np.int64)
    for step in _NEAR:
        x, y = a + step, b + step
        inside = (x >= starts[first]) & (x < starts[first + 1]) & (y >= starts[second]) & (y < starts[second + 1])
        here = np.flatnonzero(inside)
        v, w = words[x[here]], words[y[here]]
        both = (v != 0) & (w != 0)
        errors[here] += np.where(both, np.bitwise_count(v ^ w), 0)
        heard[here] += both
    keep = errors < max_errors * BITS * heard
    rows = np.stack([first, second, (a - starts[first]) - (b - starts[second])], axis=1)[keep]
    return np.unique(rows, axis=0)
