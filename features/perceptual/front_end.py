"""The mel front end: what log_mel and mfcc have in common, from samples to the power in each mel filter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.example import Audio
from features.perceptual.mel import Band, MelScale, mel_bands
from features.spectral.framewise import Kernel
from features.spectral.front_end import SpectralFrontEnd
from features.spectral.spectrum import Spectrum
from features.stage import Rejected

_DECIBELS = np.float32(10 / np.log(10))


def filtered(spectrum: Spectrum, bands: Sequence[Band], power: float = 2.0) -> Kernel:
    """What makes |X|^power of frames, as the filters of the bands hear it, (rows, filters)."""

    def mel(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
        heard = spectrum.power(frames)
        if power != 2:
            np.power(heard, power / 2, out=heard)
        for band in bands:
            np.matmul(heard[:, band.bins], band.weights, out=rows[:, band.mels])

    return mel


class MelFrontEnd(SpectralFrontEnd):
    """A transform that begins with a mel spectrogram."""

    n_mels: int = Field(80, ge=1, description="Number of mel filters.")
    f_min: float = Field(0.0, ge=0, allow_inf_nan=False, description="Lower edge of the lowest filter in Hz.")
    f_max: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Upper edge of the highest filter in Hz; by default half the rate."
    )
    power: float = Field(2.0, gt=0, le=4, description="Exponent of the magnitude: 2 is power, 1 is magnitude.")
    mel_scale: MelScale = Field("slaney", description="slaney: linear up to 1 kHz; htk: 2595 log10(1 + f / 700).")

    @model_validator(mode="after")
    def _rising(self) -> MelFrontEnd:
        if self.f_max is not None and self.f_max <= self.f_min:
            raise ValueError(f"f_max {self.f_max:g} Hz must lie above f_min {self.f_min:g} Hz")
        return self

    def bins(self) -> int:
        return self.n_mels

    def mel_kernel(self, sample_rate: int) -> Kernel:
        """What makes the mel spectrogram of frames; ChainError where the rate does not hold the filters."""
        bands = mel_bands(sample_rate, self.n_fft, self.n_mels, self.f_min, self.f_max, self.mel_scale)
        return filtered(self.spectrum(), bands, self.power)

    def mel(self, audio: Audio) -> NDArray[np.float32] | Rejected:
        """The mel spectrogram, float32 of shape (frames, n_mels), or why there is none."""
        return self.rows(audio, self.mel_kernel, self.n_mels)


class LogMelFrontEnd(MelFrontEnd):
    """A transform that goes on with the logarithm of the mel spectrogram."""

    floor: float = Field(1e-10, ge=1e-30, le=1, description="Smallest value whose logarithm is taken.")

    def natural(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        """ln(max(mel, floor)), in place."""
        np.maximum(mel, self.floor, out=mel)
        np.log(mel, out=mel)
        return mel

    def decibels(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        """10 log10(max(mel, floor)), in place."""
        self.natural(mel)
        mel *= _DECIBELS
        return mel
