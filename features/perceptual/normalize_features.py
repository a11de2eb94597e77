"""NormalizeFeatures: zero mean and unit variance of each bin over time, within one example.

Cepstral mean and variance normalisation (Viikki and Laurila, Speech Communication 25, 1998): what the channel and
the speaker add to all frames alike is taken away. Over the whole example, or over a window that slides along;
at the ends the window stays inside, so that it always holds the same number of frames, as in Kaldi.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.draws import Draws
from features.example import Features
from features.stage import Transform

_STILL = 1e-6  # a bin whose deviation is that small beside its values varies by rounding alone


class NormalizeFeatures(Transform):
    """Features, (frames, bins), with the mean of each bin at 0 and its variance at 1; a bin that is still becomes 0.

    >>> features = Features(np.float32([[1, 5], [3, 5]]), 100.0)
    >>> NormalizeFeatures().transform(features, Draws(0, "normalize_features", 0, "key", 0)).frames.tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """

    name: ClassVar[str] = "normalize_features"
    version: ClassVar[int] = 1
    reads = Features
    shown = ({"log_mel": {}}, {"normalize_features": {}})

    of: str = Field("log_mel", description="Name of the features that are read.")
    mean: bool = Field(True, description="Whether the mean of each bin is taken away.")
    variance: bool = Field(True, description="Whether each bin is divided by its standard deviation.")
    window_seconds: float | None = Field(
        None, gt=0, le=1e6, description="Length of the sliding window in seconds; by default the whole example."
    )

    @model_validator(mode="after")
    def _does_something(self) -> NormalizeFeatures:
        if not (self.mean or self.variance):
            raise ValueError("with neither mean nor variance, nothing is normalised")
        return self

    def transform(self, value: Features, draws: Draws) -> Features:
        if not len(value.frames):
            return value
        frames = value.frames.astype(np.float64)
        count = len(frames)
        if self.window_seconds is not None:
            count = min(count, max(1, round(self.window_seconds * value.frame_rate)))
        mean, deviation = _statistics(frames, count)
        still = deviation <= _STILL * np.abs(value.frames).max(axis=0).astype(np.float64)
        if self.mean:
            frames -= mean
        if self.variance:
            frames /= np.where(still, 1, deviation)
            if still.any():
                frames[np.broadcast_to(still, frames.shape)] = 0
        return Features(frames.astype(np.float32), value.frame_rate)


def _statistics(frames: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation of each bin in the `count` frames around each one; a single row where that is all of them."""
    middle = frames.mean(axis=0, keepdims=True)
    if count == len(frames):
        return middle, frames.std(axis=0, keepdims=True)
    first = np.clip(np.arange(len(frames)) - count // 2, 0, len(frames) - count)
    centred = frames - middle  # so that the squares keep their digits
    sums, squares = (
        np.concatenate([np.zeros_like(middle), np.cumsum(powers, axis=0)]) for powers in (centred, centred**2)
    )
    mean, square = ((total[first + count] - total[first]) / count for total in (sums, squares))
    return mean + middle, np.sqrt(np.maximum(square - mean**2, 0))
