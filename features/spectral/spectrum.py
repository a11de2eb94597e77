"""Spectrum: the Fourier transform of blocks of frames, and its power, in memory that is used again."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

_TOGETHER = 16  # frames that are multiplied in one go: numpy takes twice as long to go through them one by one


class Spectrum:
    """The spectra of windowed frames, in the precision of the window; if it is short of `n_fft`, zeros follow it.

    What is answered lies in the memory of the answer before: take what is needed before asking again. The first
    block that is asked for is the largest.

    >>> Spectrum(np.ones(4, np.float32), 4).power(np.float32([[1, 0, 0, 0], [1, 1, 1, 1]])).tolist()
    [[1.0, 1.0, 1.0], [16.0, 0.0, 0.0]]
    """

    def __init__(self, window: NDArray[Any], n_fft: int) -> None:
        self._window, self._n_fft = window, n_fft
        self._windows = np.zeros((_TOGETHER, n_fft), window.dtype)
        self._windows[:, : len(window)] = window
        self._windows = self._windows.reshape(-1)
        self._windowed = self._power = self._square = np.empty((0, 0), window.dtype)

    def complex(self, frames: NDArray[np.float32]) -> NDArray[Any]:
        """X, complex, of shape (rows, 1 + n_fft // 2), of frames (rows, window length)."""
        rows, length = len(frames), len(self._window)
        if rows > len(self._windowed):
            self._windowed = np.zeros((rows, self._n_fft), self._window.dtype)
        windowed, single = self._windowed[:rows], rows - rows % _TOGETHER
        windowed[:, :length] = frames
        together = windowed[:single].reshape(-1, len(self._windows))
        together *= self._windows
        windowed[single:, :length] *= self._window
        spectrum: NDArray[Any] = scipy.fft.rfft(windowed)
        return spectrum

    def power(self, frames: NDArray[np.float32]) -> NDArray[Any]:
        """|X|^2 of the same shape."""
        spectrum, rows = self.complex(frames), len(frames)
        if rows > len(self._power):
            self._power, self._square = np.empty((2, rows, spectrum.shape[1]), self._window.dtype)
        np.square(spectrum.real, out=self._power[:rows])
        np.square(spectrum.imag, out=self._square[:rows])
        return np.add(self._power[:rows], self._square[:rows], out=self._power[:rows])

    def magnitude(self, frames: NDArray[np.float32]) -> NDArray[Any]:
        """|X| of the same shape."""
        power = self.power(frames)
        np.sqrt(power, out=power)
        return power
