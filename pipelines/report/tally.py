"""Tally: how often each value occurs, and how durations are spread, in memory that does not grow with a corpus."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST_VALUES = 100_000
"""Different values that are told apart; of a label that is another for each recording, no more are kept."""
PER_OCTAVE = 32
"""Bins of durations between one and twice as long: a quantile is off by a hundredth at most."""
_SHORTEST, _LONGEST = -10, 18
"""Octaves of seconds: from a millisecond to three days."""


class Tally:
    """Counts of values by column, such as a split.

    >>> tally = Tally()
    >>> for value in ("a", "b", "b"):
    ...     tally.add("train", value)
    >>> list(tally.commonest(1)), tally.others(1), tally.total("train")
    ([('b', {'train': 2})], 1, 3)
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._columns: dict[str, Counter[str]] = {}
        self._totals: Counter[str] = Counter()

    def add(self, column: str, value: str, count: int = 1) -> None:
        self._totals[column] += count
        if value in self._counts or len(self._counts) < MOST_VALUES:
            self._counts[value] += count
            self._columns.setdefault(column, Counter())[value] += count

    def __len__(self) -> int:
        """How many different values there are, as far as they are told apart."""
        return len(self._counts)

    def commonest(self, most: int) -> Iterator[tuple[str, dict[str, int]]]:
        """Values with their counts by column, the commonest first and equals by name."""
        for value, _ in self._ranked()[:most]:
            yield value, {name: found[value] for name, found in self._columns.items() if value in found}

    def others(self, most: int) -> int:
        """How many different values the commonest leave out."""
        return max(0, len(self) - most)

    def different(self, column: str) -> int:
        return len(self._columns.get(column, ()))

    def total(self, column: str) -> int:
        return self._totals[column]

    def largest(self, column: str) -> tuple[str, int] | None:
        """The commonest value of a column with its count; None where there is none."""
        found = self._columns.get(column)
        return min(found.items(), key=_rank) if found else None

    @property
    def full(self) -> bool:
        """Whether there may be more values than are told apart."""
        return len(self._counts) >= MOST_VALUES

    def _ranked(self) -> list[tuple[str, int]]:
        return sorted(self._counts.items(), key=_rank)


@dataclass
class Durations:
    """Durations in seconds as a histogram whose bins are equally wide on a logarithmic axis.

    >>> durations = Durations()
    >>> durations.add(np.array([1.0, 2.0, 4.0]))
    >>> durations.count, durations.lowest, durations.highest, round(durations.quantile(0.5), 1)
    (3, 1.0, 4.0, 2.0)
    """

    counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((_LONGEST - _SHORTEST) * PER_OCTAVE, dtype=np.int64)
    )
    total: float = 0.0
    lowest: float = math.inf
    highest: float = 0.0

    def add(self, seconds: NDArray[np.float64]) -> None:
        """Counts durations; one that is not above zero is counted among the shortest."""
        if not seconds.size:
            return
        self.total += float(seconds.sum())
        self.lowest, self.highest = min(self.lowest, float(seconds.min())), max(self.highest, float(seconds.max()))
        octaves = np.log2(np.maximum(seconds, 2.0**_SHORTEST)) - _SHORTEST
        places = np.clip(octaves * PER_OCTAVE, 0, len(self.counts) - 1).astype(np.int64)
        self.counts += np.bincount(places, minlength=len(self.counts))

    @property
    def count(self) -> int:
        return int(self.counts.sum())

    def quantile(self, share: float) -> float:
        """The duration below which that share lies: the middle of its bin, held to the extremes."""
        place = int(np.searchsorted(np.cumsum(self.counts), share * self.count))
        middle = float(2.0 ** (_SHORTEST + (min(place, len(self.counts) - 1) + 0.5) / PER_OCTAVE))
        return min(max(middle, self.lowest), self.highest)


def columns(durations: list[Durations], most: int = 40) -> tuple[list[list[int]], list[float]]:
    """The counts of several histograms in the same at most `most` columns, and the edges of these in seconds.

    Empty for durations that are none.
    """
    together = np.sum([one.counts for one in durations], axis=0) if durations else np.zeros(0)
    there = np.flatnonzero(together)
    if not len(there):
        return [], []
    wide = next(width for width in (1, 2, 4, 8, 16, 32, 64, 128) if there[-1] // width - there[0] // width < most)
    first, last = int(there[0]) // wide, int(there[-1]) // wide + 1
    edges = [float(2.0 ** (_SHORTEST + place * wide / PER_OCTAVE)) for place in range(first, last + 1)]
    found = [one.counts[first * wide : last * wide].reshape(-1, wide).sum(axis=1).tolist() for one in durations]
    return found, edges


def _rank(found: tuple[str, int]) -> tuple[int, str]:
    return -found[1], found[0]
