"""PreEmphasis: lifts the treble of speech before analysis, since a voice falls by some 6 dB an octave.

y[n] = x[n] - coefficient * x[n - 1], and y[0] = x[0]: the signal is zero before it begins. `de_emphasis` is the
inverse. Rabiner and Schafer, "Digital Processing of Speech Signals" (1978).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Audio
from features.signal.levels import finite
from features.stage import AudioShape, Rejected, Transform
from features.streaming import Stream, all_finite


def pre_emphasized(
    samples: NDArray[np.float32], coefficient: float, before: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Samples, (channels, samples), pre-emphasized; `before` is the sample before the first, (channels, 1)."""
    late = np.concatenate([before, samples[:, :-1]], axis=1) if samples.shape[1] else samples.copy()
    late *= np.float32(coefficient)
    with np.errstate(over="ignore"):
        np.subtract(samples, late, out=late)
    return late


class PreEmphasis(Transform):
    """Audio through the filter 1 - coefficient z^-1.

    >>> audio = Audio(np.float32([[1, 1, 1]]), 8000)
    >>> PreEmphasis(coefficient=0.75).transform(audio, Draws(0, "pre_emphasis", 0, "key", 0)).samples.tolist()
    [[1.0, 0.25, 0.25]]
    """

    name: ClassVar[str] = "pre_emphasis"
    version: ClassVar[int] = 1

    coefficient: float = Field(0.97, ge=0, lt=1, description="How much of the sample before is taken away.")

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        return _PreEmphasizing(self.coefficient, before)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        silence = np.zeros((value.channels, 1), np.float32)
        return finite(Audio(pre_emphasized(value.samples, self.coefficient, silence), value.sample_rate))


class _PreEmphasizing:
    """A waveform on its way through the filter, with the last sample of each channel."""

    def __init__(self, coefficient: float, before: AudioShape) -> None:
        assert before.channels is not None  # Transform.stream is told
        self._coefficient = coefficient
        self._last = np.zeros((before.channels, 1), np.float32)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        result = pre_emphasized(samples, self._coefficient, self._last)
        self._last = np.concatenate([self._last, samples], axis=1)[:, -1:]
        return all_finite(result)

    def finish(self) -> NDArray[np.float32]:
        return np.empty((len(self._last), 0), np.float32)
