"""Yin: the period of each frame (de Cheveigné and Kawahara, J. Acoust. Soc. Am. 111(4), 2002).

A periodic signal is like itself one period later: the difference function

    d(tau) = mean over n of (x[n] - x[n + tau])^2

has troughs at multiples of the period. Divided by its mean over the lags from 1 to tau (equation 8) it starts at 1,
and the first trough that is deep enough is the period. All pairs of samples within the frame count, for each lag, so
that the estimate belongs to the middle of the frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

_STILL = 1e-6  # what varies less than this around its mean, beside its peak, does so by rounding


def normalized_difference(frames: NDArray[np.float32], max_lag: int) -> NDArray[np.float32]:
    """d'(tau) of frames (rows, length) for the lags 0 to `max_lag`, float32 of shape (rows, max_lag + 1).

    Where nothing differs (silence, a constant) it is 1. The scale of a frame does not matter.

    >>> square_wave = np.tile(np.float32([1, 1, -1, -1]), 8)[np.newaxis]
    >>> int(normalized_difference(square_wave, 7).argmin())
    4
    """
    length = frames.shape[1]
    _, exponents = np.frexp(np.maximum(frames.max(axis=1), -frames.min(axis=1)))
    scaled = np.ldexp(frames, -exponents[:, np.newaxis])  # by a power of two, which is exact
    scaled -= scaled.mean(axis=1, keepdims=True)  # differences know no mean, and rounding knows it well
    scaled[np.abs(scaled).max(axis=1) < _STILL] = 0
    size = scipy.fft.next_fast_len(length + max_lag, real=True)
    spectrum = scipy.fft.rfft(scaled, size)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    difference = scipy.fft.irfft(power, size)[:, : max_lag + 1]  # so far the products, x[n] x[n + tau]
    square = np.square(scaled)
    ends = square[:, :max_lag] + square[:, : -max_lag - 1 : -1]  # what the next longer lag leaves out
    np.subtract(square.sum(axis=1, keepdims=True), difference, out=difference)
    difference[:, 1:] -= 0.5 * np.cumsum(ends, axis=1, dtype=np.float64)
    np.maximum(difference, 0, out=difference)
    difference[:, 0] = 0
    lags = np.arange(max_lag + 1, dtype=np.float32)
    difference /= length - lags
    mean = np.cumsum(difference, axis=1) / np.maximum(lags, 1)
    found = np.ones(difference.shape, np.float32)
    np.divide(difference, mean, out=found, where=mean > 0)
    return found


@dataclass(frozen=True, slots=True)
class Troughs:
    """The local minima of d' among the lags from `min_lag` to `max_lag`.

    `depths` is d' where there is a trough and 1 elsewhere, float32 of shape (rows, max_lag - min_lag + 1);
    `lags` are the lags, moved to the bottom of the parabola through d' and its neighbours.
    """

    depths: NDArray[np.float32]
    lags: NDArray[np.float32]


def troughs(frames: NDArray[np.float32], min_lag: int, max_lag: int) -> Troughs:
    """The troughs of each frame; `min_lag` is 2 at least."""
    found = normalized_difference(frames, max_lag + 1)
    left, here, right = found[:, min_lag - 1 : -2], found[:, min_lag:-1], found[:, min_lag + 1 :]
    is_trough = (here < left) & (here <= right)
    shift = np.zeros(here.shape, np.float32)
    np.divide(left - right, 2 * (left - 2 * here + right), out=shift, where=is_trough)
    depths = np.where(is_trough, np.minimum(here, 1), np.float32(1))
    return Troughs(depths, np.arange(min_lag, max_lag + 1, dtype=np.float32) + shift)


def first_below(found: Troughs, threshold: float) -> NDArray[np.float32]:
    """For each frame the lag of the first trough below the threshold; 0 where there is none."""
    deep = found.depths < threshold
    first = deep.argmax(axis=1)[:, np.newaxis]
    lags = np.take_along_axis(found.lags, first, axis=1)[:, 0]
    return np.where(deep.any(axis=1), lags, np.float32(0))
