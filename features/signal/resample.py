"""Resample: another sample rate, band-limited, with linear phase and without a delay, by libsoxr
(soxr.sourceforge.net). A model hears one rate, whatever the files have: this belongs right behind `decode`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import soxr
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Audio
from features.signal.levels import finite
from features.stage import AudioShape, Rejected, Transform
from features.streaming import Pointwise, Stream, StreamRejected, all_finite

Quality = Literal["QQ", "LQ", "MQ", "HQ", "VHQ"]


def resample(
    samples: NDArray[np.float32], from_rate: int, to_rate: int, quality: Quality = "HQ"
) -> NDArray[np.float32]:
    """Samples at another rate, float32 of shape (channels, `resampled_length`); untouched where the rates are equal.

    >>> resample(np.zeros((2, 441), np.float32), 44100, 16000).shape
    (2, 160)
    """
    if from_rate == to_rate:
        return samples
    channels = [soxr.resample(np.ascontiguousarray(channel), from_rate, to_rate, quality) for channel in samples]
    return channels[0][np.newaxis] if len(channels) == 1 else np.stack(channels)


def resampled_length(samples: int, from_rate: int, to_rate: int) -> int:
    """How many samples there are after resampling: samples * to_rate / from_rate, halves rounded up."""
    return (2 * samples * to_rate + from_rate) // (2 * from_rate)


class Resample(Transform):
    """Audio at the wanted sample rate; what has it already is passed on as it is.

    >>> audio = Audio(np.zeros((1, 44100), np.float32), 44100)
    >>> Resample(sample_rate=16000).transform(audio, Draws(0, "resample", 0, "key", 0)).samples.shape
    (1, 16000)
    """

    name: ClassVar[str] = "resample"
    version: ClassVar[int] = 1
    shown = ({"resample": {"sample_rate": 8000}},)

    sample_rate: int = Field(ge=1, description="The wanted sample rate in Hz.")
    quality: Quality = Field("HQ", description="soxr's name for how steep its filter is, from QQ (quick) to VHQ.")

    def shape(self, before: AudioShape) -> AudioShape:
        samples = None
        if before.samples is not None and before.sample_rate is not None:
            samples = resampled_length(before.samples, before.sample_rate, self.sample_rate)
        return AudioShape(self.sample_rate, before.channels, samples)

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        if before.sample_rate == self.sample_rate:
            return Pointwise(lambda samples: samples, before.channels)
        return _Resampling(before, self.sample_rate, self.quality)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        if value.sample_rate == self.sample_rate:
            return value
        samples = resample(value.samples, value.sample_rate, self.sample_rate, self.quality)
        if not samples.size:
            return Rejected(_too_few(value.samples.shape[1], self.sample_rate))
        return finite(Audio(samples, self.sample_rate))


class _Resampling:
    """A waveform on its way through soxr, which gives the same bits for any pieces; a resampler for each channel."""

    def __init__(self, before: AudioShape, to_rate: int, quality: Quality) -> None:
        assert before.channels is not None  # Transform.stream is told
        assert before.sample_rate is not None
        self._to_rate, self._ratio = to_rate, to_rate / before.sample_rate
        self._resamplers = [
            soxr.ResampleStream(before.sample_rate, to_rate, 1, np.float32, quality) for _ in range(before.channels)
        ]
        self._waiting = np.empty((before.channels, 0), np.float32)
        self._read = self._written = 0

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._next(samples)

    def finish(self) -> NDArray[np.float32]:
        result = self._next(np.empty((len(self._resamplers), 0), np.float32), last=True)
        if not self._written:
            raise StreamRejected(_too_few(self._read, self._to_rate))
        return result

    def _next(self, samples: NDArray[np.float32], last: bool = False) -> NDArray[np.float32]:
        self._read += samples.shape[1]
        samples = np.concatenate([self._waiting, samples], axis=1) if self._waiting.size else samples
        # With QQ, soxr may be ahead by a part of a sample; asked for less than nothing, it allocates without end.
        if self._resamplers[0].delay() + samples.shape[1] * self._ratio < 0:
            self._waiting = samples
            return np.empty((len(self._resamplers), 0), np.float32)
        self._waiting = samples[:, :0]
        made = [
            resampler.resample_chunk(np.ascontiguousarray(channel), last)
            for resampler, channel in zip(self._resamplers, samples, strict=True)
        ]
        self._written += len(made[0])
        return all_finite(np.stack(made))


def _too_few(samples: int, sample_rate: int) -> str:
    return f"{samples} samples are too few to resample to {sample_rate} Hz"
