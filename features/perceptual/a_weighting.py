"""AWeighting: a waveform as loud at each frequency as the ear hears it, after IEC 61672-1 (2013), annex E.

    A(f) = c f^4 / ((f^2 + f1^2) sqrt(f^2 + f2^2) sqrt(f^2 + f3^2) (f^2 + f4^2)),    A(1000 Hz) = 1,

with f1 = 20.6, f2 = 107.7, f3 = 737.9, f4 = 12194 Hz. It is applied as a symmetric filter, so nothing is delayed,
and the gain is that of the standard up to half the sample rate, where the bilinear transform would bend it.
What is measured after it is A-weighted: `energy` in decibels gives dB(A) relative to full scale.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features.draws import Draws
from features.example import Audio
from features.spectral.frames import Framer, Framing
from features.stage import AudioShape, Rejected, Transform
from features.streaming import Stream, StreamRejected, all_finite

_CORNERS_HZ = (20.598997, 107.65265, 737.86223, 12194.217)  # the standard's exact values
_REACH_SECONDS = 0.125  # the slowest of it has decayed by 140 dB


def a_weighting_db(hz: Any) -> NDArray[np.float64]:
    """The gain at frequencies in Hz, in dB; -inf at 0 Hz.

    >>> a_weighting_db([100.0, 1000.0, 8000.0]).round(1).tolist()
    [-19.1, 0.0, -1.1]
    """
    with np.errstate(divide="ignore"):
        return np.asarray(20 * np.log10(_gain(np.asarray(hz, np.float64)) / _gain(np.float64(1000.0))))


@lru_cache(maxsize=8)
def _kernel(sample_rate: int) -> NDArray[np.float32]:
    """The impulse response, symmetric about its middle."""
    reach = max(1, round(_REACH_SECONDS * sample_rate))
    length = 4 * reach
    gain = _gain(np.arange(1 + length // 2) * (sample_rate / length)) / _gain(np.float64(1000.0))
    around_zero = np.fft.irfft(gain, length)
    kernel = np.roll(around_zero, reach)[: 2 * reach + 1].astype(np.float32)
    kernel.flags.writeable = False
    return kernel


def _gain(hz: Any) -> Any:
    square = np.square(hz)
    one, two, three, four = np.square(_CORNERS_HZ)
    return square**2 / ((square + one) * np.sqrt((square + two) * (square + three)) * (square + four))


class AWeighting(Transform):
    """Audio after the A-weighting filter, each channel by itself.

    >>> audio = Audio(np.ones((1, 16000), np.float32), 16000)  # 0 Hz is not heard
    >>> weighted = AWeighting().transform(audio, Draws(0, "a_weighting", 0, "key", 0))
    >>> bool(abs(weighted.samples[0, 8000]) < 1e-5)
    True
    """

    name: ClassVar[str] = "a_weighting"
    version: ClassVar[int] = 1

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        stream = _Weighted(value.sample_rate, value.channels)
        try:
            found = [stream.push(value.samples), stream.finish()]
        except StreamRejected as error:
            return Rejected(str(error))
        return Audio(np.concatenate(found, axis=1), value.sample_rate)

    def stream(self, before: AudioShape, draws: Draws) -> Stream | None:
        assert before.sample_rate is not None  # both are known
        assert before.channels is not None  # where a stream is asked for
        return _Weighted(before.sample_rate, before.channels)


class _Weighted:
    """The convolution with the kernel, piece by piece: each frame gives the samples that it holds all neighbours of."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        kernel = _kernel(sample_rate)
        self._lost = len(kernel) - 1
        self._size = scipy.fft.next_fast_len(4 * self._lost, real=True)
        self._spectrum = scipy.fft.rfft(kernel, self._size)
        reach = self._lost // 2
        framing = Framing(self._size, self._size - self._lost, reach, self._size - reach - 1)
        self._framers = [Framer(framing) for _ in range(channels)]
        self._missing = 0  # samples that came and were not answered yet

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        self._missing += samples.shape[1]
        return self._made([framer.push(channel) for framer, channel in zip(self._framers, samples, strict=True)])

    def finish(self) -> NDArray[np.float32]:
        return self._made([framer.finish() for framer in self._framers])

    def _made(self, blocks: list[list[NDArray[np.float32]]]) -> NDArray[np.float32]:
        with np.errstate(over="ignore", invalid="ignore"):
            channels = [np.concatenate([np.empty(0, np.float32), *map(self._filtered, some)]) for some in blocks]
        found = np.ascontiguousarray(np.stack(channels)[:, : self._missing])
        self._missing -= found.shape[1]
        return all_finite(found)

    def _filtered(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        whole = scipy.fft.irfft(scipy.fft.rfft(frames) * self._spectrum, self._size)
        return np.asarray(whole[:, self._lost :].reshape(-1))
