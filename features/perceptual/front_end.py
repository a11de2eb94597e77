"""The mel front end: what log_mel and mfcc have in common, from samples to the power in each mel filter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.errors import ChainError
from features.example import Audio
from features.perceptual.mel import Band, MelScale, mel_bands
from features.spectral.frames import PadMode, frame_count
from features.spectral.stft import power_blocks
from features.stage import AudioShape, FeatureShape, Rejected, Transform

_DECIBELS = np.float32(10 / np.log(10))


class MelFrontEnd(Transform):
    """A transform that begins with a mel spectrogram; frame t is centred on sample t * hop_length."""

    n_fft: int = Field(400, ge=2, description="Samples in a frame, and length of the Fourier transform.")
    win_length: int | None = Field(None, ge=2, description="Length of the Hann window in samples; by default n_fft.")
    hop_length: int = Field(160, ge=1, description="Samples from one frame to the next.")
    n_mels: int = Field(80, ge=1, description="Number of mel filters.")
    f_min: float = Field(0.0, ge=0, allow_inf_nan=False, description="Lower edge of the lowest filter in Hz.")
    f_max: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Upper edge of the highest filter in Hz; by default half the rate."
    )
    power: float = Field(2.0, gt=0, le=4, description="Exponent of the magnitude: 2 is power, 1 is magnitude.")
    mel_scale: MelScale = Field("slaney", description="slaney: linear up to 1 kHz; htk: 2595 log10(1 + f / 700).")
    pad_mode: PadMode = Field(
        "constant", description="What lies beyond the ends: zeros (constant, as in librosa), or the mirrored signal."
    )
    floor: float = Field(1e-10, ge=1e-30, le=1, description="Smallest value whose logarithm is taken.")

    @model_validator(mode="after")
    def _fits(self) -> MelFrontEnd:
        if self.win_length is not None and self.win_length > self.n_fft:
            raise ValueError(f"win_length {self.win_length} is longer than n_fft {self.n_fft}")
        if self.f_max is not None and self.f_max <= self.f_min:
            raise ValueError(f"f_max {self.f_max:g} Hz must lie above f_min {self.f_min:g} Hz")
        return self

    def shape(self, before: AudioShape) -> FeatureShape:
        if before.channels not in (None, 1):
            raise ChainError(
                f"{self.name} reads one channel, and {self.of!r} has {before.channels}: decode to mono", "of"
            )
        rate = frames = None
        if before.sample_rate is not None:
            self._bands(before.sample_rate)
            rate = before.sample_rate / self.hop_length
        if before.samples is not None:
            frames = frame_count(before.samples, self.n_fft, self.hop_length)
        return FeatureShape(self.n_mels, rate, frames)

    def mel(self, audio: Audio) -> NDArray[np.float32] | Rejected:
        """The mel spectrogram, float32 of shape (frames, n_mels), or why there is none."""
        if audio.channels != 1:
            return Rejected(f"{audio.channels} channels, and {self.name} reads one")
        if not audio.samples.size:
            return Rejected("no samples")
        try:
            bands = self._bands(audio.sample_rate)
        except ChainError as error:
            return Rejected(str(error))
        signal = audio.samples[0]
        result = np.empty((frame_count(len(signal), self.n_fft, self.hop_length), self.n_mels), np.float32)
        done = 0
        with np.errstate(over="ignore", invalid="ignore"):
            for power in power_blocks(
                signal, self.n_fft, self.win_length or self.n_fft, self.hop_length, self.pad_mode
            ):
                if self.power != 2:
                    np.power(power, self.power / 2, out=power)
                rows = result[done : done + len(power)]
                for band in bands:
                    np.matmul(power[:, band.bins], band.weights, out=rows[:, band.mels])
                done += len(power)
        return result if np.isfinite(result.max()) else Rejected("samples too large for a spectrum in float32")

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

    def _bands(self, sample_rate: int) -> Sequence[Band]:
        return mel_bands(sample_rate, self.n_fft, self.n_mels, self.f_min, self.f_max, self.mel_scale)
