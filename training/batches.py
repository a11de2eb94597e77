"""Batches by number: which examples make up which batch, decided from lengths alone.

The numbering knows nothing of ranks or workers. An epoch permutes the shards by (seed, epoch) and cuts them
into windows of several shards; a window is ordered by length, cut into batches, and the batches are shuffled,
all by (seed, epoch, window). So a batch is known from (epoch, window, batch) and the lengths in one window,
and training resumes anywhere after reading one window's index, with any number of ranks and workers.

Ordering by length wastes little on padding; the lengths are blurred first by up to `BLUR`, so that other
examples meet in each epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from features.seeds import generator
from training.errors import DataError

BLUR = 0.1


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
    """

    counts: Sequence[int]
    seed: int = 0
    shuffle: bool = True
    batch_size: int | None = None
    batch_seconds: float | None = None
    window_shards: int = 8
    window_rows: int = 8192

    def __post_init__(self) -> None:
        if (self.batch_size is None) == (self.batch_seconds is None):
            raise DataError("give batch_size (examples) or batch_seconds (seconds after padding), and not both")
        if (self.batch_size or self.batch_seconds or 0) <= 0:
            raise DataError("batch_size and batch_seconds are above 0")

    def epoch(self, number: int) -> Epoch:
        """An epoch, with the shards of its windows."""
        shards = np.arange(len(self.counts))
        if self.shuffle:
            shards = generator(self.seed, "shards", number, "", 0).permutation(shards)
        windows: list[list[int]] = [[]]
        rows = 0
        for shard in shards.tolist():
            if len(windows[-1]) >= self.window_shards and rows >= self.window_rows:
                windows.append([])
                rows = 0
            windows[-1].append(shard)
            rows += self.counts[shard]
        if len(windows) > 1 and (len(windows[-1]) < self.window_shards or rows < self.window_rows):
            rest = windows.pop()
            windows[-1].extend(rest)
        return Epoch(self, number, [sorted(window) for window in windows])


@dataclass(frozen=True)
class Epoch:
    """One pass over every example. `windows` holds the numbers of the shards in each window, ascending: it is the
    rows that are shuffled there, and a window of the same shards is the same in every epoch.
    """

    plan: Plan
    number: int
    windows: Sequence[Sequence[int]]

    def count(self, window: int) -> int | None:
        """The number of batches in a window, where it is known without its lengths."""
        if self.plan.batch_size is None:
            return None
        return -(-sum(self.plan.counts[shard] for shard in self.windows[window]) // self.plan.batch_size)

    def batches(
        self, window: int, seconds: NDArray[np.float64], weights: NDArray[np.float64] | None = None
    ) -> list[NDArray[np.intp]]:
        """The rows in each batch of a window; `seconds` has one length for each row, shard after shard.

        With `weights`, as many rows are drawn as there are, each draw as likely a row as its weight says.
        """
        plan, order = self.plan, np.arange(len(seconds))
        if weights is not None:
            draws = generator(plan.seed, "draws", self.number, str(window), 0)
            order = np.sort(draws.choice(len(weights), len(weights), p=weights / weights.sum()))
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
        for window in range(start.window, len(self.windows)):
            last = count(window) - 1
            for batch in range(start.batch if window == start.window else 0, last):
                yield Position(self.number, window, batch), Position(self.number, window, batch + 1)
            final = window + 1 == len(self.windows)
            yield Position(self.number, window, last), Position(self.number + final, 0 if final else window + 1)


def _cuts(seconds: Sequence[float], most: float) -> list[int]:
    """Where to cut, so that each piece holds at most `most` seconds when all of it is as long as its longest."""
    cuts, start, longest = [], 0, 0.0
    for row, length in enumerate(seconds):
        longest = max(longest, length)
        if row > start and longest * (row - start + 1) > most:
            cuts.append(row)
            start, longest = row, length
    return cuts
