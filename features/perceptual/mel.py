"""The mel filterbank: triangles whose corners lie evenly on the mel scale, each of unit area.

Slaney's scale (Auditory Toolbox, 1998) is linear up to 1 kHz and logarithmic above; HTK's is
2595 log10(1 + f / 700) (O'Shaughnessy, Speech Communication, 1987). The area is Slaney's: a triangle from
f1 to f3 has the height 2 / (f3 - f1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from features.errors import ChainError

MelScale = Literal["slaney", "htk"]

_KNEE_HZ = 1000.0
_KNEE_MEL = 15.0  # 3 mel for each 200 Hz below the knee
_PER_MEL = log(6.4) / 27  # above it, 27 mel for each factor of 6.4
_BAND = 16  # filters to a band


def hz_to_mel(hz: Any, mel_scale: MelScale) -> NDArray[np.float64]:
    """Frequencies in Hz on the mel scale.

    >>> float(hz_to_mel(1000.0, "slaney")), round(float(hz_to_mel(1000.0, "htk")))
    (15.0, 1000)
    """
    hz = np.asarray(hz, np.float64)
    if mel_scale == "htk":
        return np.asarray(2595.0 * np.log10(1.0 + hz / 700.0))
    above = _KNEE_MEL + np.log(np.maximum(hz, _KNEE_HZ) / _KNEE_HZ) / _PER_MEL
    return np.asarray(np.where(hz < _KNEE_HZ, hz * (_KNEE_MEL / _KNEE_HZ), above))


def mel_to_hz(mel: Any, mel_scale: MelScale) -> NDArray[np.float64]:
    """The inverse of `hz_to_mel`."""
    mel = np.asarray(mel, np.float64)
    if mel_scale == "htk":
        return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
    above = _KNEE_HZ * np.exp(_PER_MEL * (np.maximum(mel, _KNEE_MEL) - _KNEE_MEL))
    return np.asarray(np.where(mel < _KNEE_MEL, mel * (_KNEE_HZ / _KNEE_MEL), above))


@lru_cache(maxsize=32)
def mel_bank(
    sample_rate: int, n_fft: int, n_mels: int, f_min: float, f_max: float | None, mel_scale: MelScale
) -> NDArray[np.float32]:
    """The weights of each filter for each bin of a spectrum, float32 of shape (n_mels, 1 + n_fft // 2).

    `f_max` None is half the sample rate. ChainError when the filters reach beyond that, or when one of
    them lies between two bins and would never hear anything.

    >>> mel_bank(16000, 400, 80, 0.0, None, "slaney").shape
    (80, 201)
    """
    nyquist = sample_rate / 2
    top = nyquist if f_max is None else f_max
    if top > nyquist:
        raise ChainError(f"f_max {top:g} Hz lies above half the sample rate ({nyquist:g} Hz): lower f_max", "f_max")
    if f_min >= top:
        raise ChainError(f"f_min {f_min:g} Hz leaves nothing below {top:g} Hz, the highest frequency", "f_min")
    low, high = hz_to_mel([f_min, top], mel_scale)
    corners = mel_to_hz(np.linspace(low, high, n_mels + 2), mel_scale)[:, np.newaxis]
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    hz = np.arange(1 + n_fft // 2) * (sample_rate / n_fft)
    triangles = np.minimum((hz - left) / (middle - left), (right - hz) / (right - middle))
    weights = (np.maximum(triangles, 0.0) * (2.0 / (right - left))).astype(np.float32)
    empty = int(np.count_nonzero(~weights.any(axis=1)))
    if empty:
        enough = ceil(sample_rate / float(np.min(right - left)))
        raise ChainError(
            f"{empty} of {n_mels} mel filters lie between the bins of n_fft {n_fft}, which are "
            f"{sample_rate / n_fft:.3g} Hz apart: lower n_mels, or raise n_fft ({enough} is always enough)",
            "n_mels",
        )
    weights.flags.writeable = False
    return weights


@dataclass(frozen=True, slots=True)
class Band:
    """Neighbouring filters with the bins that they hear: `weights` is (bins, mels), everything else is zero."""

    bins: slice
    mels: slice
    weights: NDArray[np.float32]


@lru_cache(maxsize=32)
def mel_bands(
    sample_rate: int, n_fft: int, n_mels: int, f_min: float, f_max: float | None, mel_scale: MelScale
) -> Sequence[Band]:
    """The filters of `mel_bank` cut into bands, which leaves out most of the multiplications by zero."""
    return banded(mel_bank(sample_rate, n_fft, n_mels, f_min, f_max, mel_scale))


def banded(bank: NDArray[np.float32]) -> Sequence[Band]:
    """A bank of filters, (filters, bins), in bands; each filter hears something."""
    bands = []
    for start in range(0, len(bank), _BAND):
        mels = slice(start, min(start + _BAND, len(bank)))
        heard = np.flatnonzero(bank[mels].any(axis=0))
        bins = slice(int(heard[0]), int(heard[-1]) + 1)
        bands.append(Band(bins, mels, np.ascontiguousarray(bank[mels, bins].T)))
    return tuple(bands)
