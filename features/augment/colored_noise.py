"""Coloured noise: Gaussian, with a power per Hz that goes as 1 / f^exponent.

Timmer and Koenig, On generating power law noise, Astronomy and Astrophysics 300 (1995), section 2: every bin of the
spectrum is a complex Gaussian number, times f^(-exponent / 2).
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

COLORS = {"white": 0.0, "pink": 1.0, "brown": 2.0, "blue": -1.0, "violet": -2.0}
AUDIBLE_HZ = 20.0
"""Below this the noise is as strong as here: else most of a brown noise would be a rumble that nobody hears."""


def colored_noise(rng: np.random.Generator, samples: int, sample_rate: int, exponent: float) -> NDArray[np.float32]:
    """Noise of shape (1, samples), without a constant part, at no particular level.

    >>> colored_noise(np.random.default_rng(0), 5, 8000, COLORS["pink"]).shape
    (1, 5)
    """
    length = scipy.fft.next_fast_len(samples, real=True)
    spectrum = np.empty(1 + length // 2, np.complex64)
    spectrum.real, spectrum.imag = rng.standard_normal((2, len(spectrum)), np.float32)
    if exponent:
        hz = np.fft.rfftfreq(length, 1 / sample_rate)
        spectrum *= ((np.maximum(hz, AUDIBLE_HZ) / AUDIBLE_HZ) ** (-exponent / 2)).astype(np.float32)
    spectrum[0] = 0
    return np.asarray(scipy.fft.irfft(spectrum, length)[np.newaxis, :samples], np.float32, order="C")
