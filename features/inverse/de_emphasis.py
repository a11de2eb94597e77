"""DeEmphasis: the inverse of `pre_emphasis`, for what a model of emphasised audio says.

y[n] = x[n] + coefficient * y[n - 1], and y[0] = x[0]: the signal is zero before it begins.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Audio
from features.stage import AudioShape, Rejected, Transform
from features.streaming import Stream, all_finite


class DeEmphasis(Transform):
    """Audio through the filter 1 / (1 - coefficient z^-1).

    >>> audio = Audio(np.float32([[1, 0.25, 0.25]]), 8000)
    >>> DeEmphasis(coefficient=0.75).transform(audio, Draws(0, "de_emphasis", 0, "key", 0)).samples.tolist()
    [[1.0, 1.0, 1.0]]
    """

    name: ClassVar[str] = "de_emphasis"
    version: ClassVar[int] = 1
    shown = ({"pre_emphasis": {}}, {"de_emphasis": {}})

    coefficient: float = Field(0.97, ge=0, lt=1, description="The coefficient of the pre-emphasis that is undone.")

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        return _DeEmphasizing(self.coefficient, before)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        samples, state = _filtered(value.samples, self.coefficient, _rest(value.channels))
        if not np.isfinite(state).all():  # what is not finite stays in the filter for good
            return Rejected("samples beyond the range of float32")
        return Audio(samples, value.sample_rate)


class _DeEmphasizing:
    """A waveform on its way through the filter, with the filter's state of each channel."""

    def __init__(self, coefficient: float, before: AudioShape) -> None:
        assert before.channels is not None  # Transform.stream is told
        self._coefficient = coefficient
        self._state = _rest(before.channels)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if not samples.shape[1]:
            return samples
        result, self._state = _filtered(samples, self._coefficient, self._state)
        return all_finite(result)

    def finish(self) -> NDArray[np.float32]:
        return np.empty((len(self._state), 0), np.float32)


def _rest(channels: int) -> NDArray[np.float32]:
    return np.zeros((channels, 1), np.float32)


def _filtered(
    samples: NDArray[np.float32], coefficient: float, state: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Samples through the filter from a state on, float32 throughout, and the state behind them."""
    numerator, denominator = np.array([1], np.float32), np.array([1, -coefficient], np.float32)
    result, state = scipy.signal.lfilter(numerator, denominator, samples, axis=1, zi=state)
    return np.ascontiguousarray(result), state
