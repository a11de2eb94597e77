"""Chunks: a model of clips on recordings of any length, some seconds at a time, with what is around them.

A chunk is as long as the longest recordings that the model learnt from. What it answers near its ends, where it hears
nothing beyond, is thrown away: chunks overlap. A recording that is hardly longer than a chunk is heard at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.recognition.front import Frames, Front

CONTEXT_SECONDS = 1.5
"""What a chunk hears on each side beyond what is kept of its answers; a fifth of it at most."""
SHORTEST_SECONDS, LONGEST_SECONDS = 5.0, 30.0
"""Of a chunk, whatever the model learnt from."""


@dataclass(frozen=True)
class Sizes:
    """Frames of a chunk: those whose answers are kept, and those before and behind them. Whole answers each."""

    kept: int
    around: int

    @classmethod
    def of(cls, seconds: float, rate: float, subsampling: int) -> Sizes:
        """For recordings of so many seconds, with `rate` frames a second."""
        answers = rate / subsampling
        whole = round(min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS) * answers)
        around = min(round(CONTEXT_SECONDS * answers), whole // 5)
        return cls((whole - 2 * around) * subsampling, around * subsampling)


@dataclass(frozen=True)
class Answered:
    """What a model answers to a stretch of a recording: `log_probs` (answers, symbols), and how loud each frame is."""

    log_probs: NDArray[np.float32]
    loudness: NDArray[np.float32]


def answered(model: Any, front: Front, sizes: Sizes) -> Iterator[Answered]:
    """The answers of a model with `subsampling` to a recording, stretch by stretch, in bounded memory."""
    heard: list[Frames] = []
    there = before = 0  # frames at hand, and those of them whose answers have been given
    for piece in front.pieces:
        heard.append(piece)
        there += len(piece)
        while there - before > sizes.kept + sizes.around:
            frames = np.concatenate(heard)
            yield _answer(model, front, frames[: before + sizes.kept + sizes.around], before, before + sizes.kept)
            rest = frames[max(before + sizes.kept - sizes.around, 0) :].copy()
            before += sizes.kept - (len(frames) - len(rest))
            heard, there = [rest], len(rest)
    if there > before:
        yield _answer(model, front, np.concatenate(heard), before, there)


@torch.inference_mode()
def _answer(model: Any, front: Front, frames: Frames, start: int, end: int) -> Answered:
    """The answers to the frames from `start` to before `end` of some that are heard at once."""
    device = next(model.parameters()).device
    made = np.ascontiguousarray(front.later(frames), np.float32)
    scores, lengths = model(torch.from_numpy(made)[None].to(device), torch.tensor([len(made)], device=device))
    first, last = start // model.subsampling, min(-(-end // model.subsampling), int(lengths[0]))
    log_probs = scores[0, first:last].float().log_softmax(1).cpu().numpy()
    return Answered(log_probs, frames[start:end].mean(1))
