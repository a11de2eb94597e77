"""True peak: how far the waveform swings between its samples. ITU-R BS.1770-4, Annex 2.

The signal is sampled four times as densely by a filter of 12 taps a phase, here a sinc under a Kaiser window; the true
peak is the largest magnitude of the result. It comes within 0.1 dB for what lies below 0.4 of the sample rate.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from features.signal.levels import peak

OVERSAMPLING = 4
_REACH = 6  # samples to either side
_BLOCK = 1 << 16


@lru_cache(maxsize=1)
def interpolator() -> NDArray[np.float32]:
    """The taps, (49,): zero at every fourth but the middle one, so that the samples themselves stay."""
    time = np.arange(-_REACH * OVERSAMPLING, _REACH * OVERSAMPLING + 1) / OVERSAMPLING
    taps: NDArray[np.float32] = (np.sinc(time) * np.kaiser(len(time), 3.5)).astype(np.float32)
    taps.flags.writeable = False
    return taps


def true_peak_bound(samples: NDArray[np.float32]) -> float:
    """A value that the true peak of samples, (channels, samples), cannot exceed, found in passing."""
    taps = np.abs(interpolator())
    return peak(samples) * max(float(taps[phase::OVERSAMPLING].sum()) for phase in range(OVERSAMPLING))


def true_peak(samples: NDArray[np.float32]) -> float:
    """The true peak of samples, (channels, samples), silent before and after; 1.0 is full scale."""
    return max((_channel_peak(channel) for channel in samples), default=0.0)


def _channel_peak(signal: NDArray[np.float32]) -> float:
    largest = peak(signal)
    for start in range(0, len(signal), _BLOCK):
        piece = signal[max(0, start - 2 * _REACH) : start + _BLOCK]
        if start:
            piece = scipy.signal.upfirdn(interpolator(), piece, up=OVERSAMPLING)[2 * _REACH * OVERSAMPLING :]
        else:
            piece = scipy.signal.upfirdn(interpolator(), piece, up=OVERSAMPLING)
        # What the next block goes on with is still incomplete here, and complete there.
        done = len(piece) if start + _BLOCK >= len(signal) else len(piece) - 2 * _REACH * OVERSAMPLING
        largest = max(largest, peak(piece[:done]))
    return largest
