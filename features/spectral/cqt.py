"""Cqt: the constant-Q transform (Brown, JASA 89(1), 1991), the spectrogram of music: its bins are notes.

Its formula and its algorithm stand in features.spectral.constant_q.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.example import Audio, Features
from features.spectral.constant_q import ConstantQ
from features.stage import Rejected

_DECIBELS = np.float32(20 / np.log(10))


class Cqt(ConstantQ):
    """The constant-Q transform, (frames, n_bins), or twice as wide where it is complex.

    >>> tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000).astype(np.float32)
    >>> found = Cqt().transform(Audio(tone[np.newaxis], 16000), Draws(0, "cqt", 0, "key", 0))
    >>> found.frames.shape, int(found.frames[16].argmax())  # A4 is 45 semitones above C1
    ((32, 84), 45)
    """

    name: ClassVar[str] = "cqt"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "cqt"
    shown = ({"cqt": {"output": "decibel"}},)

    output: Literal["complex", "magnitude", "decibel"] = Field(
        "magnitude",
        description="complex: real and imaginary part of each bin in turn, for .view(complex64); magnitude: |X|; "
        "decibel: 10 log10(max(|X|^2, floor)).",
    )
    floor: float = Field(1e-10, ge=1e-30, le=1, description="Smallest power whose logarithm is taken.")

    def bins(self) -> int:
        return 2 * self.n_bins if self.output == "complex" else self.n_bins

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        found = self.constant_q(value)
        if isinstance(found, Rejected):
            return found
        rate = value.sample_rate / self.hop_length
        if self.output == "complex":
            return Features(found.view(np.float32), rate)
        magnitude = np.abs(found)
        if self.output == "magnitude":
            return Features(magnitude, rate)
        np.log(np.maximum(magnitude, self.floor**0.5, out=magnitude), out=magnitude)
        magnitude *= _DECIBELS
        return Features(magnitude, rate)
