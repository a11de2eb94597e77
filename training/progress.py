"""Progress: where training stands, and Watch: who hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Progress:
    """Where training stands.

    Finished epochs; of the epoch under way the steps, and the batches that all ranks together took in them; the steps
    over all; the epoch's sums over all ranks (of losses, weights, and of stored and of padded frames); the best so
    far: (merit, -loss), so that the lower loss wins between equal merits, and the epochs since it was found.
    """

    epoch: int = 0
    step_in_epoch: int = 0
    batches: int = 0
    step: int = 0
    loss: float = 0.0
    weight: float = 0.0
    frames: float = 0.0
    padded: float = 0.0
    best: tuple[float, float] | None = None
    waited: int = 0

    def add(self, batches: int, loss: float, weight: float, frames: float, padded: float) -> None:
        """One more step, of so many batches on all ranks together, with their sums."""
        self.step_in_epoch, self.step, self.batches = self.step_in_epoch + 1, self.step + 1, self.batches + batches
        self.loss, self.weight = self.loss + loss, self.weight + weight
        self.frames, self.padded = self.frames + frames, self.padded + padded

    def compare(self, result: tuple[float, float]) -> None:
        """The result of the epoch, which may be the best."""
        self.waited += 1
        if self.best is None or result > self.best:
            self.best, self.waited = result, 0

    def next_epoch(self) -> None:
        """The epoch is finished."""
        self.epoch, self.step_in_epoch, self.batches = self.epoch + 1, 0, 0
        self.loss = self.weight = self.frames = self.padded = 0.0


class Watch:
    """Hears how training goes; says nothing. Subclasses show it."""

    def step(self, progress: Progress, steps: int) -> None:
        """A step was taken, of so many in the epoch."""

    def epoch(self, figures: dict[str, Any]) -> None:
        """An epoch was finished; `figures` is its line in metrics.jsonl."""


class Watches(Watch):
    """Several watches that hear the same."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self.watches = watches

    def step(self, progress: Progress, steps: int) -> None:
        for watch in self.watches:
            watch.step(progress, steps)

    def epoch(self, figures: dict[str, Any]) -> None:
        for watch in self.watches:
            watch.epoch(figures)
