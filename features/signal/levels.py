"""Levels: how loud a signal is, and making it louder or softer. Decibels are relative to full scale (1.0)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.example import Audio
from features.stage import Rejected

SILENCE = 1e-10
"""What lies below this level (-200 dB) has none: dividing by it would only bring out rounding errors."""


def peak(samples: NDArray[np.float32]) -> float:
    """The largest magnitude; 0 for no samples.

    >>> peak(np.float32([[0.25, -0.5]]))
    0.5
    """
    return float(max(samples.max(), -samples.min())) if samples.size else 0.0


def rms(samples: NDArray[np.float32]) -> float:
    """The root of the mean square over all channels, summed in float64; 0 for no samples.

    >>> rms(np.float32([[0.5, -0.5]]))
    0.5
    """
    if not samples.size:
        return 0.0
    flat = samples.reshape(-1)
    return float(np.sqrt(np.einsum("i,i->", flat, flat, dtype=np.float64) / flat.size))


def amplitude(level_db: float) -> float:
    """The factor that a level in decibels stands for: 10^(level_db / 20).

    >>> amplitude(-20.0)
    0.1
    """
    return float(10.0 ** (level_db / 20.0))


def scaled(samples: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """The samples times a factor; what leaves the range of float32 becomes infinite, for `finite` to find."""
    if SILENCE < factor <= 1:  # none can
        return samples * np.float32(factor)
    with np.errstate(over="ignore", invalid="ignore"):
        return samples * np.float32(factor)


def finite(audio: Audio) -> Audio | Rejected:
    """The audio itself, or a verdict when a sample of it left the range of float32."""
    return audio if is_finite(audio.samples) else Rejected("samples beyond the range of float32")


def is_finite(samples: NDArray[np.float32]) -> bool:
    """Whether no sample is infinite or NaN: none is where the sum of their squares is finite, which is found sooner."""
    flat = samples.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.dot(flat, flat)
    return bool(np.isfinite(squares) or np.isfinite(flat).all())
