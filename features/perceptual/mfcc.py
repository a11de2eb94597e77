"""Mfcc: mel-frequency cepstral coefficients (Davis and Mermelstein, IEEE Trans. ASSP 28(4), 1980).

The cosine transform (DCT-II, orthonormal) of the mel spectrogram in decibels, of which the first
coefficients are kept; the numbers are those of librosa.feature.mfcc with the same parameters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import scipy.fft
from pydantic import Field, model_validator

from features.draws import Draws
from features.example import Audio, Features
from features.perceptual.front_end import MelFrontEnd
from features.stage import AudioShape, FeatureShape, Rejected


class Mfcc(MelFrontEnd):
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
        80.0, gt=0, allow_inf_nan=False, description="How far below its largest value the spectrogram reaches, in dB."
    )

    @model_validator(mode="after")
    def _fewer_than_mels(self) -> Mfcc:
        if self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc {self.n_mfcc} is more than n_mels {self.n_mels}")
        return self

    def shape(self, before: AudioShape) -> FeatureShape:
        return replace(super().shape(before), bins=self.n_mfcc)

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        mel = self.mel(value)
        if isinstance(mel, Rejected):
            return mel
        decibels = self.decibels(mel)
        if self.top_db is not None:
            np.maximum(decibels, decibels.max() - np.float32(self.top_db), out=decibels)
        cepstrum = scipy.fft.dct(decibels, type=2, norm="ortho", axis=1)
        return Features(np.ascontiguousarray(cepstrum[:, : self.n_mfcc]), value.sample_rate / self.hop_length)
