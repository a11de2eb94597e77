"""Windows that a frame is multiplied with before its Fourier transform; all are periodic, as for analysis.

hann: 0.5 - 0.5 cos(2 pi n / N); hamming: 0.54 - 0.46 cos(2 pi n / N); blackman: 0.42 - 0.5 cos(2 pi n / N)
+ 0.08 cos(4 pi n / N) (Blackman and Tukey, The Measurement of Power Spectra, 1958; Harris, Proceedings of the
IEEE 66(1), 1978); rectangular: 1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Window = Literal["hann", "hamming", "blackman", "rectangular"]

_COSINES: dict[Window, tuple[float, float, float]] = {
    "hann": (0.5, 0.5, 0.0),
    "hamming": (0.54, 0.46, 0.0),
    "blackman": (0.42, 0.5, 0.08),
    "rectangular": (1.0, 0.0, 0.0),
}


@lru_cache(maxsize=32)
def window(name: Window, win_length: int, n_fft: int) -> NDArray[np.float32]:
    """The window of `win_length` in the middle of `n_fft` samples, float32; the rest is zero.

    >>> window("hann", 4, 6).tolist()
    [0.0, 0.0, 0.5, 1.0, 0.5, 0.0]
    """
    found = window64(name, win_length, n_fft).astype(np.float32)
    found.flags.writeable = False
    return found


def window64(name: Window, win_length: int, n_fft: int) -> NDArray[np.float64]:
    """The same in double precision."""
    constant, once, twice = _COSINES[name]
    angle = 2 * np.pi * np.arange(win_length) / win_length
    found = np.zeros(n_fft)
    start = (n_fft - win_length) // 2
    found[start : start + win_length] = constant - once * np.cos(angle) + twice * np.cos(2 * angle)
    return found


def hann(win_length: int, n_fft: int) -> NDArray[np.float32]:
    """The Hann window."""
    return window("hann", win_length, n_fft)
