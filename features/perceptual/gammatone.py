"""Gammatone: the energy in each band of a filterbank shaped like the ear's, for models of hearing, and beside mel in
noise.

The bandwidth of the ear's filter at f Hz is ERB(f) = 24.7 + f / 9.26449 (Glasberg and Moore, Hearing Research 47,
1990). The filters are the fourth-order gammatone filters of Slaney (Apple technical report 35, 1993), of 1.019 ERB:
four sections in series which share the pole p = exp(-2 pi 1.019 ERB / fs + i 2 pi f / fs), and have one zero each.
Their gain at the centre is 1.

A frame's energy in a band is the sum of its power spectrum times |H|^2, which is the energy of what the filter would
make of the windowed frame: as fast as a mel spectrogram, and in step with it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.errors import ChainError
from features.spectral.framewise import Kernel
from features.spectral.front_end import SpectralFrontEnd

_EAR_Q = 9.26449
_LEAST_HZ = 24.7
_WIDTH = 1.019  # ERBs: the bandwidth at which a gammatone filter has the equivalent rectangular one
_DECIBELS = np.float32(10 / np.log(10))


def erb_centres(n_bands: int, f_min: float, f_max: float) -> NDArray[np.float64]:
    """Centre frequencies in Hz, evenly spaced in ERBs from `f_min` up; `f_max` would be the next one.

    >>> erb_centres(3, 100, 4000).round().tolist()
    [100.0, 542.0, 1576.0]
    """
    offset = _EAR_Q * _LEAST_HZ
    steps = np.arange(n_bands) / n_bands
    return np.asarray((f_min + offset) * ((f_max + offset) / (f_min + offset)) ** steps - offset)


@lru_cache(maxsize=32)
def gammatone_bank(
    sample_rate: int, n_fft: int, n_bands: int, f_min: float, f_max: float | None
) -> NDArray[np.float32]:
    """|H|^2 of each filter at each bin of a spectrum, float32 of shape (1 + n_fft // 2, n_bands).

    `f_max` None is half the sample rate; ChainError when the filters reach beyond that.

    >>> gammatone_bank(16000, 400, 64, 50.0, None).shape
    (201, 64)
    """
    nyquist = sample_rate / 2
    top = nyquist if f_max is None else f_max
    if top > nyquist:
        raise ChainError(f"f_max {top:g} Hz lies above half the sample rate ({nyquist:g} Hz): lower f_max", "f_max")
    if f_min >= top:
        raise ChainError(f"f_min {f_min:g} Hz leaves nothing below {top:g} Hz, the highest frequency", "f_min")
    centres = erb_centres(n_bands, f_min, top)
    angle = 2 * np.pi * centres / sample_rate
    decay = np.exp(-2 * np.pi * _WIDTH * (centres / _EAR_Q + _LEAST_HZ) / sample_rate)
    roots = [sign * np.sqrt(3 + other * 2**1.5) for sign in (1, -1) for other in (1, -1)]

    def response(hz: NDArray[Any]) -> NDArray[np.complex128]:
        delay = np.exp(-2j * np.pi * hz / sample_rate)
        poles = (1 - decay * np.exp(1j * angle) * delay) * (1 - decay * np.exp(-1j * angle) * delay)
        sections = [(1 - decay * (np.cos(angle) + root * np.sin(angle)) * delay) / poles for root in roots]
        return np.asarray(np.prod(sections, axis=0))

    bins = np.arange(1 + n_fft // 2)[:, np.newaxis] * (sample_rate / n_fft)
    weights = (np.abs(response(bins) / response(centres)) ** 2).astype(np.float32)
    weights.flags.writeable = False
    return weights


class Gammatone(SpectralFrontEnd):
    """The energy in each gammatone band, (frames, n_bands), from low to high: its logarithm, or as it is.

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> second = Audio(np.zeros((1, 16000), np.float32), 16000)
    >>> Gammatone().transform(second, Draws(0, "gammatone", 0, "key", 0)).frames.shape
    (101, 64)
    """

    name: ClassVar[str] = "gammatone"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "gammatone"

    n_bands: int = Field(64, ge=1, description="Number of filters.")
    f_min: float = Field(50.0, gt=0, allow_inf_nan=False, description="Centre of the lowest filter in Hz.")
    f_max: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Where one more filter would lie, in Hz; by default half the rate."
    )
    log: Literal["natural", "db"] | None = Field(
        "natural", description="natural: ln(max(energy, floor)); db: 10 log10(max(energy, floor)); null: the energy."
    )
    floor: float = Field(1e-10, ge=1e-30, le=1, description="Smallest value whose logarithm is taken.")

    @model_validator(mode="after")
    def _in_order(self) -> Gammatone:
        if self.f_max is not None and self.f_max <= self.f_min:
            raise ValueError(f"f_max {self.f_max:g} Hz must lie above f_min {self.f_min:g} Hz")
        return self

    def bins(self) -> int:
        return self.n_bands

    def kernel(self, sample_rate: int) -> Kernel:
        bank = gammatone_bank(sample_rate, self.n_fft, self.n_bands, self.f_min, self.f_max)
        spectrum = self.spectrum()

        def write(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            np.matmul(spectrum.power(frames), bank, out=rows)
            if self.log is not None:
                np.log(np.maximum(rows, self.floor, out=rows), out=rows)
                if self.log == "db":
                    rows *= _DECIBELS

        return write
