"""Deltas: how features change over time, which a model that hears one frame at a time would miss (Furui, IEEE Trans.
ASSP 34(1), 1986).

A line, or for the second order a parabola, is fitted to each bin over `width` frames by least squares (Savitzky and
Golay, Analytical Chemistry 36(8), 1964); the delta of the frame in the middle is its first, or its second derivative,
per frame. With k from -width // 2 to width // 2: sum(k x[t + k]) / sum(k^2), and with q = k^2 - mean(k^2):
2 sum(q x[t + k]) / sum(q^2). Frames too close to an end have the fit of the first or the last `width` frames, as in
librosa.feature.delta.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from features.draws import Draws
from features.example import Features
from features.stage import FeatureShape, Rejected, Transform


class Deltas(Transform):
    """The features with their deltas behind them, (frames, (1 + order) * bins); the width shrinks to what there is.

    >>> ramp = Features(np.arange(20, dtype=np.float32)[:, np.newaxis], 100.0)
    >>> Deltas(of="mfcc").transform(ramp, Draws(0, "deltas", 0, "key", 0)).frames[7].round(3).tolist()
    [7.0, 1.0, 0.0]
    """

    name: ClassVar[str] = "deltas"
    version: ClassVar[int] = 1
    reads = Features
    shown = ({"mfcc": {"n_mfcc": 13}}, {"deltas": {"of": "mfcc"}})

    of: str = Field(description="Name of the features that are read.")
    order: int = Field(2, ge=1, le=2, description="1: the deltas; 2: the deltas, and behind them the second ones.")
    width: int = Field(9, ge=3, description="Number of frames that a line or a parabola is fitted to; odd.")

    @field_validator("width")
    @classmethod
    def _odd(cls, width: int) -> int:
        if width % 2 == 0:
            raise ValueError(f"width {width} has no frame in the middle: take an odd one")
        return width

    def shape(self, before: FeatureShape) -> FeatureShape:
        return replace(before, bins=(1 + self.order) * before.bins)

    def transform(self, value: Features, draws: Draws) -> Features | Rejected:
        frames = value.frames
        with np.errstate(over="ignore", invalid="ignore"):
            found = [_delta(frames, order, self.width) for order in range(1, self.order + 1)]
        result = np.concatenate([frames, *found], axis=1, dtype=np.float32)
        return Features(result, value.frame_rate) if np.isfinite(result).all() else Rejected("features too large")


def _delta(frames: NDArray[np.float32], order: int, width: int) -> NDArray[np.float32]:
    """The derivative of that order, (frames, bins); zero where there are too few frames for one."""
    width = min(width, len(frames))
    if width <= order:
        return np.zeros_like(frames)
    inner = np.zeros((len(frames) - width + 1, frames.shape[1]), np.float32)
    for start, weight in enumerate(_weights(order, width)):
        inner += np.float32(weight) * frames[start : start + len(inner)]
    before = (width - 1) // 2
    return np.pad(inner, ((before, len(frames) - len(inner) - before), (0, 0)), mode="edge")


def _weights(order: int, width: int) -> NDArray[np.float64]:
    """What each of `width` frames counts for in the derivative."""
    place = np.arange(width) - (width - 1) / 2
    if order == 1:
        return np.asarray(place / np.sum(place**2))
    bent = place**2 - np.mean(place**2)
    return np.asarray(2 * bent / np.sum(bent**2))
