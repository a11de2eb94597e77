"""Istft: the waveform of a complex short-time Fourier transform, what a model of spectra ends with; see synthesis.py
for how.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.example import Audio, Features
from features.inverse.synthesis import Synthesis
from features.stage import Rejected


class Istft(Synthesis):
    """The waveform of `stft` with `output: complex`, which it gives back as it was; its end may lack up to a hop.

    >>> from features.spectral.stft import Stft
    >>> wave = np.random.default_rng(0).standard_normal((1, 1600), np.float32)
    >>> spectra = Stft().transform(Audio(wave, 16000), Draws(0, "stft", 0, "key", 0))
    >>> again = Istft().transform(spectra, Draws(0, "istft", 0, "key", 0))
    >>> again.sample_rate, bool(np.allclose(again.samples, wave, atol=1e-6))
    (16000, True)
    """

    name: ClassVar[str] = "istft"
    version: ClassVar[int] = 1
    shown = ({"stft": {}}, {"istft": {"as": "again"}})

    of: str = Field("stft", description="Name of the features that are read: real and imaginary parts in turn.")

    def read_bins(self) -> int:
        return 2 * (1 + self.n_fft // 2)

    def transform(self, value: Features, draws: Draws) -> Audio | Rejected:
        return self.audio(value, lambda frames: self.signal(np.ascontiguousarray(frames).view(np.complex64)))
