"""ChromaCqt: pitch classes from a constant-Q transform, where each bin belongs to one (Müller and Ewert, ISMIR 2011).

The magnitudes of the bins of a class are summed over the octaves; the largest class of a frame is 1. The numbers are
those of librosa.feature.chroma_cqt, which estimates the tuning where it is told none.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from features.draws import Draws
from features.example import Audio, Features
from features.spectral.chroma import largest_is_1
from features.spectral.constant_q import C1_HZ, ConstantQ
from features.stage import Rejected


class ChromaCqt(ConstantQ):
    """The pitch classes of each frame, (frames, n_chroma), from C up; the largest is 1, and all are 0 in silence.

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000).astype(np.float32)
    >>> found = ChromaCqt().transform(Audio(tone[np.newaxis], 16000), Draws(0, "chroma_cqt", 0, "key", 0))
    >>> int(found.frames[10].argmax())  # A
    9
    """

    name: ClassVar[str] = "chroma_cqt"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "chroma_cqt"

    n_bins: int = Field(252, ge=1, description="Number of bins of the transform.")
    bins_per_octave: int = Field(36, ge=2, description="Number of bins to an octave; a multiple of n_chroma.")
    n_chroma: int = Field(12, ge=1, description="Number of pitch classes in an octave.")

    @model_validator(mode="after")
    def _divides(self) -> ChromaCqt:
        if self.bins_per_octave % self.n_chroma:
            raise ValueError(f"bins_per_octave {self.bins_per_octave} is no multiple of n_chroma {self.n_chroma}")
        return self

    def bins(self) -> int:
        return self.n_chroma

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        found = self.constant_q(value)
        if isinstance(found, Rejected):
            return found
        merged = self.bins_per_octave // self.n_chroma
        lowest = round(np.log2(self.f_min / C1_HZ) * self.n_chroma)
        classes = (lowest + (np.arange(self.n_bins) + merged // 2) // merged) % self.n_chroma
        magnitude = np.abs(found)
        with np.errstate(over="ignore", invalid="ignore"):
            rows = np.stack([magnitude[:, classes == number].sum(axis=1) for number in range(self.n_chroma)], axis=1)
            largest_is_1(rows)
        if not np.isfinite(rows).all():
            return Rejected("samples too large for a spectrum in float32")
        return Features(rows, value.sample_rate / self.hop_length)
