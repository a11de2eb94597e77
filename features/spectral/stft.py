"""The short-time Fourier transform's power, a block of frames at a time.

X[t, k] = sum over n of w[n] x[t * hop_length - n_fft // 2 + n] exp(-2 pi i k n / n_fft), with a periodic
Hann window w. Everything is float32, and the buffers are used again from block to block: fresh memory for
each clip costs more than the arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features.spectral.frames import PadMode, blocks


@lru_cache(maxsize=32)
def hann(win_length: int, n_fft: int) -> NDArray[np.float32]:
    """The periodic Hann window of `win_length`, in the middle of `n_fft` samples; the rest is zero.

    >>> hann(4, 6).tolist()
    [0.0, 0.0, 0.5, 1.0, 0.5, 0.0]
    """
    window = np.zeros(n_fft, np.float32)
    start = (n_fft - win_length) // 2
    window[start : start + win_length] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(win_length) / win_length)
    window.flags.writeable = False
    return window


def power_blocks(
    signal: NDArray[np.float32], n_fft: int, win_length: int, hop_length: int, pad_mode: PadMode = "constant"
) -> Iterator[NDArray[np.float32]]:
    """|X|^2 of a signal (samples,), in order, in blocks of shape (rows, 1 + n_fft // 2).

    Each block lies in the memory of the one before: take what is needed from it before asking for the next.
    """
    window = hann(win_length, n_fft)
    windowed = power = square = np.empty((0, 0), np.float32)
    for frames in blocks(signal, n_fft, hop_length, pad_mode):
        rows = len(frames)
        if not len(windowed):  # the first block is the largest
            windowed = np.empty((rows, n_fft), np.float32)
            power, square = np.empty((2, rows, 1 + n_fft // 2), np.float32)
        np.multiply(frames, window, out=windowed[:rows])
        spectrum = scipy.fft.rfft(windowed[:rows])
        np.square(spectrum.real, out=power[:rows])
        np.square(spectrum.imag, out=square[:rows])
        yield np.add(power[:rows], square[:rows], out=power[:rows])
