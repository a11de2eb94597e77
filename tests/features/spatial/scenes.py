"""What the tests of spatial stages share."""

from __future__ import annotations

import librosa
import numpy as np
from numpy.typing import NDArray

from features.example import Audio
from features.spectral.front_end import SpectralFrontEnd


def stft(samples: NDArray[np.float32], stage: SpectralFrontEnd) -> NDArray[np.complex64]:
    """librosa's spectra of (channels, samples), (channels, frames, bins)."""
    found = librosa.stft(
        samples,
        n_fft=stage.n_fft,
        hop_length=stage.hop_length,
        win_length=stage.win_length,
        center=stage.center,
        pad_mode=stage.pad_mode,
    )
    return found.swapaxes(1, 2)


def plane_wave(wave: NDArray[np.float32], azimuth: float, elevation: float) -> NDArray[np.float32]:
    """First-order Ambisonics (W, Y, Z, X in SN3D) of a wave that comes from there; angles in radians, left is +."""
    y = np.sin(azimuth) * np.cos(elevation)
    z = np.sin(elevation)
    x = np.cos(azimuth) * np.cos(elevation)
    return np.stack([wave, y * wave, z * wave, x * wave]).astype(np.float32)


def heard(power: NDArray[np.floating]) -> NDArray[np.bool]:
    """Which of (frames, bands) lie less than 60 dB below the loudest of their frame: deeper, float32 is rounding."""
    return power > 1e-6 * power.max(axis=1, keepdims=True)


def begun(clips: list[tuple[str, Audio]]) -> list[tuple[str, Audio]]:
    """Every fifth clip's first second and a half, since a reference in float64 takes its time."""
    return [
        (name, Audio(audio.samples[:, : audio.sample_rate * 3 // 2], audio.sample_rate)) for name, audio in clips[::5]
    ]
