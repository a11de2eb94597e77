"""Mfcc: mel-frequency cepstral coefficients, the shape of a spectrum in a few numbers that hardly depend on each other,
for small models (Davis and Mermelstein, IEEE Trans. ASSP 28(4), 1980).

The cosine transform (DCT-II, orthonormal) of the mel spectrogram in decibels, of which the first
coefficients are kept, and weighted by a raised sine where they are liftered (Juang, Rabiner and Wilpon, IEEE
Trans. ASSP 35(7), 1987): c[n] is multiplied with 1 + lifter / 2 * sin(pi (n + 1) / lifter). The numbers are
those of librosa.feature.mfcc with the same parameters.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.draws import Draws
from features.example import Audio, Features
from features.perceptual.front_end import LogMelFrontEnd
from features.spectral.framewise import Kernel
from features.stage import AudioShape, Rejected
from features.streaming import Stream


class Mfcc(LogMelFrontEnd):
    """MFCC, (frames, n_mfcc); the mel spectrogram's parameters are those of log_mel.

    >>> second = Audio(np.zeros((1, 16000), np.float32), 16000)
    >>> Mfcc(n_mfcc=13).transform(second, Draws(0, "mfcc", 0, "key", 0)).frames.shape
    (101, 13)
    """

    name: ClassVar[str] = "mfcc"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "mfcc"

    n_mfcc: int = Field(20, ge=1, description="Number of coefficients kept, from the zeroth on.")
    top_db: float | None = Field(
        80.0,
        gt=0,
        allow_inf_nan=False,
        description="How far below its largest value the spectrogram reaches, in dB; it does not stream unless null.",
    )
    lifter: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="Length of the sine that weighs the coefficients; 0 weighs none."
    )

    @model_validator(mode="after")
    def _fewer_than_mels(self) -> Mfcc:
        if self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc {self.n_mfcc} is more than n_mels {self.n_mels}")
        return self

    def bins(self) -> int:
        return self.n_mfcc

    def kernel(self, sample_rate: int) -> Kernel:
        """The coefficients without `top_db`, which knows all frames."""
        mel_kernel, mel = self.mel_kernel(sample_rate), np.empty((0, self.n_mels), np.float32)

        def cepstrum(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            nonlocal mel
            if len(rows) > len(mel):
                mel = np.empty((len(rows), self.n_mels), np.float32)
            mel_kernel(frames, mel[: len(rows)])
            rows[:] = self._cepstrum(self.decibels(mel[: len(rows)]))

        return cepstrum

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        if self.top_db is None:
            return super().transform(value, draws)
        mel = self.mel(value)
        if isinstance(mel, Rejected):
            return mel
        decibels = self.decibels(mel)
        np.maximum(decibels, decibels.max() - np.float32(self.top_db), out=decibels)
        return Features(np.ascontiguousarray(self._cepstrum(decibels)), value.sample_rate / self.hop_length)

    def stream(self, before: AudioShape, draws: Draws) -> Stream | None:
        return super().stream(before, draws) if self.top_db is None else None

    def _cepstrum(self, decibels: NDArray[np.float32]) -> NDArray[np.float32]:
        """The first coefficients, (frames, n_mfcc), of a mel spectrogram in decibels."""
        found: NDArray[np.float32] = scipy.fft.dct(decibels, type=2, norm="ortho", axis=1)[:, : self.n_mfcc]
        if not self.lifter:
            return found
        weights = 1 + self.lifter / 2 * np.sin(np.pi * np.arange(1, 1 + self.n_mfcc) / self.lifter)
        return np.asarray(found * weights.astype(np.float32))
