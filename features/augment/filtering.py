"""Filters: what low_pass, high_pass, band_pass and shelf have in common. Recursive, in second-order sections.

y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2] for each section (a0 = 1), one behind the other, in
float64 and from rest.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from features.draws import Draws, bounds
from features.errors import ChainError
from features.example import Audio
from features.signal.levels import finite
from features.stage import AudioShape, Augmentation, Rejected
from features.streaming import Stream, all_finite


class Filter(Augmentation):
    """An augmentation that filters: a subclass names its frequencies in `hz`, and designs the `sections` from them."""

    hz: ClassVar[tuple[str, ...]] = ("cutoff_hz",)
    """The parameters that are frequencies; each must lie below half the sample rate."""

    @abstractmethod
    def sections(self, hz: list[float], sample_rate: int, draws: Draws) -> NDArray[np.float64]:
        """The sections (count, 6), as scipy orders them, of the filter whose frequencies were drawn."""

    def shape(self, before: AudioShape) -> AudioShape:
        for name in self.hz:
            highest = bounds(getattr(self, name))[1]
            if before.sample_rate is not None and highest >= before.sample_rate / 2:
                raise ChainError(f"{name} {highest:g}: {_too_high(before.sample_rate)}", name)
        return before

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        assert before.sample_rate is not None  # Transform.stream is told
        assert before.channels is not None
        sections = self._drawn(before.sample_rate, draws)
        assert not isinstance(sections, Rejected)  # `shape` has looked
        return _FilterStream(sections, before.channels)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        sections = self._drawn(value.sample_rate, draws)
        if isinstance(sections, Rejected):
            return sections
        filtered = scipy.signal.sosfilt(sections, value.samples, axis=1)
        return finite(Audio(_float32(filtered), value.sample_rate))

    def _drawn(self, sample_rate: int, draws: Draws) -> NDArray[np.float64] | Rejected:
        hz = [draws.number(name, getattr(self, name)) for name in self.hz]
        if max(hz) >= sample_rate / 2:
            return Rejected(f"{self.name} at {max(hz):g} Hz: {_too_high(sample_rate)}")
        return self.sections(hz, sample_rate, draws)


@lru_cache(maxsize=32)
def butterworth(
    order: int, hz: float | tuple[float, float], kind: Literal["lowpass", "highpass", "bandpass"], sample_rate: int
) -> NDArray[np.float64]:
    """The sections of a Butterworth filter, designed once for all recordings where nothing is drawn: leave them so."""
    found: NDArray[np.float64] = scipy.signal.butter(order, hz, kind, fs=sample_rate, output="sos")
    return found


class _FilterStream:
    def __init__(self, sections: NDArray[np.float64], channels: int) -> None:
        self._sections = sections
        self._state = np.zeros((len(sections), channels, 2))

    def push(self, samples: NDArray[np.float32]) -> NDArray[Any]:
        if not samples.shape[1]:
            return samples
        filtered, self._state = scipy.signal.sosfilt(self._sections, samples, axis=1, zi=self._state)
        return all_finite(_float32(filtered))

    def finish(self) -> NDArray[Any]:
        return np.empty((self._state.shape[1], 0), np.float32)


def _float32(samples: NDArray[np.float64]) -> NDArray[np.float32]:
    with np.errstate(over="ignore", under="ignore"):
        return np.ascontiguousarray(samples, np.float32)


def _too_high(sample_rate: int) -> str:
    return f"a sample rate of {sample_rate} Hz holds what lies below {sample_rate / 2:g} Hz"
