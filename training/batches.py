"""Batches by number: which examples make up which batch, decided from lengths alone.

The numbering knows nothing of ranks or workers. An epoch permutes the shards by (seed, epoch) and cuts them
into windows of several shards; a window is ordered by length, cut into batches, and the batches are shuffled,
all by (seed, epoch, window). So a batch is known from (epoch, window, batch) and the lengths in one window,
and training resumes anywhere after reading one window's index, with any number of ranks and workers.

Ordering by length wastes little on padding; the lengths are blurred first by up to `BLUR`, so that other
examples meet in each epoch.

Where examples have weights, an epoch has as many draws as examples, and each draw is any example with the
likelihood that its weight says. A window then has as many draws as its examples weigh. Every store has shards in every
window, the same ones in several windows where it has few: so its share is the same all the way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from features.seeds import generator
from training.errors import DataError

BLUR = 0.04


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """The number of a batch: of its epoch, of its window in the epoch, of the batch in the window."""

    epoch: int = 0
    window: int = 0
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What one rank does in one step. `real` is False for the padding of the last step: a batch that another
    rank has too, to be taken with weight zero. `after` is where training goes on after this step.
    """

    batch: Position
    real: bool
    after: Position


@dataclass(frozen=True)
class Plan:
    """How examples are numbered.

    `counts` holds the number of examples of each shard, each above 0. Batches hold `batch_size` examples, or as
    many as stay within `batch_seconds` after padding (one that is longer than that is a batch of its own);
    exactly one of the two is given. Without `shuffle`, examples come in the order in which they are stored.
    A window has at least `window_shards` shards and `window_rows` examples, where there are as many.

    `weights`, where examples are drawn, holds what the examples of each shard weigh together, each above 0, and
    `stores` the number of the store that each shard is of.
    """

    counts: Sequence[int]
    seed: int = 0
    shuffle: bool = True
    batch_size: int | None = None
    batch_seconds: float | None = None
    weights: Sequence[float] = ()
    stores: Sequence[int] = ()
    window_shards: int = 8
    window_rows: int = 8192

    def __post_init__(self) -> None:
        if (self.batch_size is None) == (self.batch_seconds is None):
            raise DataError("give batch_size (examples) or batch_seconds (seconds after padding), and not both")
        if (self.batch_size or self.batch_seconds or 0) <= 0:
            raise DataError("batch_size and batch_seconds are above 0")
        if self.weights and not self.shuffle:
            raise DataError("weights and balance draw examples; leave them out, or shuffle=False")

    def epoch(self, number: int) -> Epoch:
        """An epoch, with the shards of its windows."""
        order = np.arange(len(self.counts))
        if self.shuffle:
            order = generator(self.seed, "shards", number, "", 0).permutation(order)
        windows = self._dealt(order.tolist()) if self.weights else self._cut(order.tolist())
        return Epoch(self, number, [sorted(window) for window in windows])

    def _cut(self, order: Sequence[int]) -> list[list[int]]:
        """The shards cut into windows."""
        windows: list[list[int]] = [[]]
        rows = 0
        for shard in order:
            if len(windows[-1]) >= self.window_shards and rows >= self.window_rows:
                windows.append([])
                rows = 0
            windows[-1].append(shard)
            rows += self.counts[shard]
        if len(windows) > 1 and (len(windows[-1]) < self.window_shards or rows < self.window_rows):
            rest = windows.pop()
            windows[-1].extend(rest)
        return windows

    def _dealt(self, order: Sequence[int]) -> list[list[int]]:
        """The shards of each store dealt out to as many windows as the examples fill."""
        count = max(1, min(len(order) // self.window_shards, sum(self.counts) // self.window_rows))
        windows: list[list[int]] = [[] for _ in range(count)]
        for store in sorted(set(self.stores)):
            own = [shard for shard in order if self.stores[shard] == store]
            places = max(len(own), count)
            for place in range(places):
                windows[place * count // places].append(own[place * len(own) // places])
        return windows


@dataclass(frozen=True)
class Epoch:
    """One pass over every example, or as many draws. `windows` holds the numbers of the shards in each window,
    ascending: it is the rows that are shuffled there, and a window of the same shards is the same in every epoch.
    """

    plan: Plan
    number: int
    windows: Sequence[Sequence[int]]

    @cached_property
    def sizes(self) -> list[int]:
        """The number of rows that each window hands out."""
        plan = self.plan
        if not plan.weights:
            return [sum(plan.counts[shard] for shard in window) for window in self.windows]
        weights = np.cumsum([sum(plan.weights[n] / self._shared[n] for n in window) for window in self.windows])
        ends = np.rint(weights / weights[-1] * sum(plan.counts)).astype(int)
        return [int(size) for size in np.diff(ends, prepend=0)]

    @cached_property
    def _shared(self) -> Counter[int]:
        """How many windows each shard is in."""
        return Counter(chain.from_iterable(self.windows))

    def count(self, window: int) -> int | None:
        """The number of batches in a window, where it is known without its lengths."""
        if self.plan.batch_size is None:
            return None if self.sizes[window] else 0
        return -(-self.sizes[window] // self.plan.batch_size)

    def batches(
        self, window: int, seconds: NDArray[np.float64], weights: NDArray[np.float64] | None = None
    ) -> list[NDArray[np.intp]]:
        """The rows in each batch of a window; `seconds` has one length for each row, shard after shard.

        With `weights`, one for each row, rows are drawn; some then come several times, and others not at all.
        """
        plan, order = self.plan, np.arange(len(seconds)) if weights is None else self._drawn(window, weights)
        rng = generator(plan.seed, "batches", self.number, str(window), 0)
        if plan.shuffle:
            blurred = seconds[order] * rng.uniform(1 - BLUR, 1 + BLUR, len(order))
            order = order[np.argsort(blurred, kind="stable")]
        if plan.batch_size is not None:
            cuts = list(range(plan.batch_size, len(order), plan.batch_size))
        else:
            cuts = _cuts(seconds[order].tolist(), plan.batch_seconds or 0.0)
        batches = np.split(order, cuts)
        return [batches[i] for i in rng.permutation(len(batches))] if plan.shuffle else batches

    def _drawn(self, window: int, weights: NDArray[np.float64]) -> NDArray[np.intp]:
        """The rows that are drawn in a window, ascending."""
        plan, shards = self.plan, self.windows[window]
        shared = np.repeat([self._shared[shard] for shard in shards], [plan.counts[shard] for shard in shards])
        likely = weights / shared
        draws = generator(plan.seed, "draws", self.number, str(window), 0)
        return np.sort(draws.choice(len(weights), self.sizes[window], p=likely / likely.sum()))

    def turns(self, start: Position, rank: int, world: int, count: Callable[[int], int]) -> Iterator[Turn]:
        """What a rank of `world` does from `start` to the end of the epoch; every rank takes equally many turns.

        `count(window)` gives the number of batches in a window, and is asked when the window is reached.
        """
        positions = self._positions(start, count)
        while step := list(islice(positions, world)):
            real = rank < len(step)
            yield Turn(step[rank if real else 0][0], real, after=step[-1][1])

    def _positions(self, start: Position, count: Callable[[int], int]) -> Iterator[tuple[Position, Position]]:
        """Every batch from `start` to the end of the epoch, with the one that follows it."""
        windows = [window for window in range(start.window, len(self.windows)) if self.sizes[window]]
        for window, following in zip(windows, [*windows[1:], None], strict=True):
            last = count(window) - 1
            for batch in range(start.batch if window == start.window else 0, last):
                yield Position(self.number, window, batch), Position(self.number, window, batch + 1)
            after = Position(self.number + 1) if following is None else Position(self.number, following)
            yield Position(self.number, window, last), after


def _cuts(seconds: Sequence[float], most: float) -> list[int]:
    """Where to cut, so that each piece holds at most `most` seconds when all of it is as long as its longest."""
    cuts, start, longest = [], 0, 0.0
    for row, length in enumerate(seconds):
        longest = max(longest, length)
        if row > start and longest * (row - start + 1) > most:
            cuts.append(row)
            start, longest = row, length
    return cuts
