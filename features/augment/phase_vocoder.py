"""The phase vocoder: longer or shorter at the same pitch, for time_stretch and pitch_shift.

Frame m of the result is what stands at m hop rate in the signal, turned in phase so that it continues frame m - 1:

    Y[m] = X[m] u,  u = sum over channels of Y[m-1] conj(B[m]), as a unit vector,

where B[m] is the spectrum one hop before X[m], so that no phase need be unwrapped (Puckette, Phase-locked vocoder,
WASPAA 1995). The bins around a peak turn as the peak does: identity phase locking (Laroche and Dolson, Improved phase
vocoder time-scale modification of audio, IEEE TSAP 7, 1999, section III). All channels turn alike, so that they stay
in place.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

_SECONDS = 0.05  # length of a frame, to the nearest power of two in samples
_OVERLAP = 4
_NOTHING = np.float32(1e-30)  # so that silence, which has no phase, does not turn
_BLOCK = 64  # frames transformed at a time, so that memory does not grow with the recording


def stretched(samples: NDArray[np.float32], sample_rate: int, length: int) -> NDArray[np.float32]:
    """The samples (channels, samples) made to last `length` samples at the same pitch, float32 (channels, length).

    >>> stretched(np.zeros((2, 1000), np.float32), 8000, 1500).shape
    (2, 1500)
    """
    channels, before = samples.shape
    n_fft = 2 ** max(4, round(np.log2(_SECONDS * sample_rate)))
    hop = n_fft // _OVERLAP
    highest = np.abs(samples).max(initial=0)
    if not highest:
        return np.zeros((channels, length), np.float32)
    count = length // hop + _OVERLAP // 2 + 1  # so that the end has all its frames
    starts = np.rint(np.arange(count) * (hop * before / length)).astype(np.int64)
    offset = hop + n_fft // 2  # frame 0 is centred on the first sample, and the one a hop before it must be there too
    signal = np.zeros((channels, starts[-1] + n_fft + hop))
    read = min(before, signal.shape[1] - offset)
    signal[:, offset : offset + read] = samples[:, :read] / highest
    sums = np.zeros((channels, count + _OVERLAP - 1, hop), np.float32)
    window = _window(n_fft)
    last: NDArray[np.complex64] | None = None
    for first in range(0, count, _BLOCK):
        turned, last = _turned(signal, starts[first : first + _BLOCK], n_fft, last)
        frames = (scipy.fft.irfft(turned, n_fft, axis=2) * window).reshape(len(turned), channels, _OVERLAP, hop)
        for part in range(_OVERLAP):
            sums[:, first + part : first + part + len(turned)] += frames[:, :, part].swapaxes(0, 1)
    middle = slice(n_fft // 2, n_fft // 2 + length)
    with np.errstate(over="ignore"):
        result = sums.reshape(channels, -1)[:, middle] * (highest / _overlapped(window, count)[middle])
    return np.ascontiguousarray(result, np.float32)


def _overlapped(window: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """What the squares of `count` windows add up to, where the frames lie."""
    parts = np.square(window).reshape(_OVERLAP, -1)
    sums = np.zeros((count + _OVERLAP - 1, parts.shape[1]), np.float32)
    for part in range(_OVERLAP):
        sums[part : part + count] += parts[part]
    return sums.reshape(-1)


def _turned(
    signal: NDArray[np.float64], starts: NDArray[np.int64], n_fft: int, last: NDArray[np.complex64] | None
) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Some frames of the result, (frames, channels, bins), and the last of them; `last` is the one before them."""
    hop = n_fft // _OVERLAP
    now, before = _spectra(signal, starts + hop, n_fft), _spectra(signal, starts, n_fft).conj()
    peaks = _nearest_peaks((np.square(now.real) + np.square(now.imag)).sum(axis=1))
    for spectrum, one_before, region in zip(now, before, peaks, strict=True):
        if last is not None:
            turn = np.add.reduce(last * one_before).take(region) + _NOTHING
            spectrum *= turn / np.abs(turn)
        last = spectrum
    assert last is not None
    return now, last


def _spectra(signal: NDArray[np.float64], starts: NDArray[np.int64], n_fft: int) -> NDArray[np.complex64]:
    """The spectra of frames that begin at `starts`, (frames, channels, bins).

    Transformed in float64: the phase of a weak bin beside a strong one would be rounding in float32.
    """
    views = np.lib.stride_tricks.sliding_window_view(signal, n_fft, axis=1)
    found: NDArray[np.complex64] = scipy.fft.rfft(views[:, starts].swapaxes(0, 1) * _window(n_fft), axis=2).astype(
        np.complex64
    )
    return found


def _nearest_peaks(power: NDArray[np.float32]) -> NDArray[np.int32]:
    """For each bin of each frame, (frames, bins), the peak in whose region it is; itself where there is none.

    A peak is above its two neighbours on either side; regions meet half way.
    """
    bins = power.shape[1]
    wide = np.pad(power, ((0, 0), (2, 2)), constant_values=-1)
    peak = np.ones(power.shape, bool)
    for shift in (0, 1, 3, 4):
        peak &= power > wide[:, shift : shift + bins]
    places = np.arange(bins, dtype=np.int32)
    below = np.maximum.accumulate(np.where(peak, places, -bins), axis=1)
    above = np.minimum.accumulate(np.where(peak, places, 2 * bins)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(places - below <= above - places, below, above)
    return np.where((nearest >= 0) & (nearest < bins), nearest, places)


@lru_cache(maxsize=16)
def _window(n_fft: int) -> NDArray[np.float32]:
    window = np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft), np.float32)
    window.flags.writeable = False
    return window
