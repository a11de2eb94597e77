"""Spatial features: their definitions on librosa's spectra of all channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.references.reference import Values, reference

FRAMES: dict[str, Any] = {"n_fft": 400, "hop_length": 160}


@reference("librosa", {"level_difference": {"of": "stereo", "n_mels": 32}})
def level_difference(samples: Values, rate: float) -> Values:
    import librosa

    power = np.abs(_spectra(samples)) ** 2 @ _bank(rate)
    left, right = librosa.power_to_db(power, top_db=None)
    return left - right


@reference("librosa", {"phase_difference": {"of": "stereo", "n_mels": 32}})
def phase_difference(samples: Values, rate: float) -> Values:
    left, right = _spectra(samples)
    each = left * right.conj()
    cross, size = each @ _bank(rate), np.abs(each) @ _bank(rate)
    clear = np.abs(cross) > 0.1 * size  # where bins cancel, or lie 40 dB below others, the angle is that of rounding
    clear &= size > 1e-4 * size.max(axis=1, keepdims=True)
    unit = np.divide(cross, np.abs(cross), out=np.full_like(cross, complex(np.nan, np.nan)), where=clear)
    return np.concatenate([unit.real, unit.imag], axis=1)


@reference("librosa", {"gcc_phat": {"of": "stereo"}})
def gcc_phat(samples: Values, rate: float) -> Values:
    left, right = _spectra(samples)
    cross = left.conj() * right
    return np.fft.irfft(cross / np.abs(cross), 400)[:, np.arange(-16, 17) % 400]


@reference("librosa", {"intensity_vectors": {"of": "ambisonics", "n_mels": 32}})
def intensity_vectors(samples: Values, rate: float) -> Values:
    w, y, z, x = _spectra(samples)
    axes = np.stack([x, y, z])
    energy = (np.abs(w) ** 2 + (np.abs(axes) ** 2).sum(axis=0)) / 2
    intensity = (w.conj() * axes).real @ _bank(rate)
    return np.concatenate(list(intensity / (energy @ _bank(rate))), axis=1)


def _spectra(samples: Values) -> Values:
    """(channels, frames, bins)."""
    import librosa

    found: Values = librosa.stft(samples, **FRAMES)
    return found.swapaxes(1, 2)


def _bank(rate: float) -> Values:
    """The mel filters, (bins, mels)."""
    import librosa

    found: Values = librosa.filters.mel(sr=rate, n_fft=400, n_mels=32)
    return found.T
