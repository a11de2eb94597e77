"""Pitch: the fundamental frequency of each frame, and whether it has one, by YIN or by probabilistic YIN: the melody of
speech and song, a target of text-to-speech.

The methods are described in yin.py and pyin.py. YIN looks at each frame by itself; pyin at the whole recording, which
spares it most of the octave errors, and takes longer.
"""

from __future__ import annotations

from math import ceil, floor
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Features
from features.perceptual.pyin import BINS_PER_OCTAVE, best_path, bin_count, observations
from features.perceptual.yin import first_below, troughs
from features.spectral.frames import Framing, PadMode
from features.spectral.framewise import Framewise, Kernel
from features.stage import AudioShape, Rejected
from features.streaming import Stream


class Pitch(Framewise):
    """Pitch, (frames, 2): the fundamental frequency in Hz and 1 where a frame is voiced, 0 and 0 where it is not.

    >>> wave = np.sin(2 * np.pi * 200 * np.arange(16000, dtype=np.float32) / 16000)
    >>> found = Pitch().transform(Audio(wave[np.newaxis], 16000), Draws(0, "pitch", 0, "key", 0))
    >>> found.frames.shape, found.frames[50].round(1).tolist()
    ((101, 2), [200.0, 1.0])
    """

    name: ClassVar[str] = "pitch"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "pitch"

    method: Literal["yin", "pyin"] = Field(
        "yin", description="yin: each frame by itself; pyin: the most likely path through all frames."
    )
    frame_length: int = Field(1024, ge=8, description="Samples in a frame: two periods of f_min at least.")
    hop_length: int = Field(160, ge=1, description="Samples from one frame to the next.")
    pad_mode: PadMode = Field(
        "constant", description="What lies beyond the ends: zeros (constant), or the mirrored signal (reflect)."
    )
    f_min: float = Field(65.0, gt=0, allow_inf_nan=False, description="Lowest pitch that is looked for, in Hz.")
    f_max: float = Field(500.0, gt=0, allow_inf_nan=False, description="Highest pitch that is looked for, in Hz.")
    threshold: float = Field(
        0.1, gt=0, lt=1, description="For yin: how far the difference must fall, beside its mean, in a voiced frame."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Pitch:
        if self.f_max <= self.f_min:
            raise ValueError(f"f_max {self.f_max:g} Hz must lie above f_min {self.f_min:g} Hz")
        return self

    def bins(self) -> int:
        return 2

    def framing(self, sample_rate: int | None) -> Framing:
        return Framing.centred(self.frame_length, self.hop_length, self.pad_mode)

    def kernel(self, sample_rate: int) -> Kernel:
        min_lag, max_lag = self._lags(sample_rate)

        def write(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            lags = first_below(troughs(frames, min_lag, max_lag), self.threshold)
            rows[:] = 0
            np.divide(sample_rate, lags, out=rows[:, 0], where=lags > 0)
            rows[:, 1] = lags > 0

        return write

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        if self.method == "yin":
            return super().transform(value, draws)
        bins = bin_count(self.f_min, self.f_max)
        probabilities = self.rows(value, self._observed, bins)
        if isinstance(probabilities, Rejected):
            return probabilities
        frame_rate = value.sample_rate / self.hop_length
        path, voiced = best_path(probabilities, frame_rate)
        pitch = np.where(voiced, self.f_min * 2.0 ** (path / BINS_PER_OCTAVE), 0)
        return Features(np.stack([pitch, voiced], axis=1).astype(np.float32), frame_rate)

    def stream(self, before: AudioShape, draws: Draws) -> Stream | None:
        return super().stream(before, draws) if self.method == "yin" else None

    def _observed(self, sample_rate: int) -> Kernel:
        """What writes the probability of each pitch."""
        min_lag, max_lag = self._lags(sample_rate)

        def write(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            rows[:] = observations(troughs(frames, min_lag, max_lag), sample_rate, self.f_min, rows.shape[1])

        return write

    def _lags(self, sample_rate: int) -> tuple[int, int]:
        """The shortest and the longest period in samples; ChainError where they do not fit."""
        nyquist = sample_rate / 2
        if self.f_max > nyquist:
            raise ChainError(
                f"f_max {self.f_max:g} Hz lies above half the sample rate ({nyquist:g} Hz): lower f_max", "f_max"
            )
        longest = ceil(sample_rate / self.f_min)
        if 2 * longest > self.frame_length:
            raise ChainError(
                f"two periods of f_min {self.f_min:g} Hz are {2 * longest} samples, and a frame has "
                f"{self.frame_length}: raise frame_length or f_min",
                "frame_length",
            )
        return floor(sample_rate / self.f_max), longest
