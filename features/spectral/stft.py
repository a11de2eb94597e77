"""Stft: the short-time Fourier transform, the spectrogram that most other features are made of; as complex numbers it
loses nothing, and `istft` leads back (Allen and Rabiner, Proceedings of the IEEE 65(11), 1977).

X[t, k] = sum over n of w[n] x[t * hop_length - before + n] exp(-2 pi i k n / n_fft), with a periodic window w
and before = n_fft // 2 where frames are centred, else 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.spectral.frames import PadMode, blocks
from features.spectral.framewise import Kernel
from features.spectral.front_end import SpectralFrontEnd
from features.spectral.spectrum import Spectrum
from features.spectral.windows import hann

_DECIBELS = np.float32(10 / np.log(10))


class Stft(SpectralFrontEnd):
    """The short-time Fourier transform, (frames, 1 + n_fft // 2), or twice as wide where it is complex.

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> tone = Audio(np.sin(np.arange(1600, dtype=np.float32) * np.pi / 4)[np.newaxis], 16000)
    >>> stft = Stft(n_fft=8, hop_length=4, output="magnitude")
    >>> stft.transform(tone, Draws(0, "stft", 0, "key", 0)).frames[100].round(3).tolist()
    [0.0, 2.0, 1.0, 0.0, 0.0]
    """

    name: ClassVar[str] = "stft"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "stft"
    shown = ({"stft": {"output": "decibel"}},)

    output: Literal["complex", "magnitude", "power", "decibel", "phase"] = Field(
        "complex",
        description="complex: real and imaginary part of each bin in turn, for .view(complex64); magnitude: |X|; "
        "power: |X|^2; decibel: 10 log10(max(|X|^2, floor)); phase: the angle in radians, from -pi to pi.",
    )
    floor: float = Field(1e-10, ge=1e-30, le=1, description="Smallest power whose logarithm is taken.")

    def bins(self) -> int:
        return (1 + self.n_fft // 2) * (2 if self.output == "complex" else 1)

    def kernel(self, sample_rate: int) -> Kernel:
        spectrum = self.spectrum()

        def decibel(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            np.maximum(spectrum.power(frames), self.floor, out=rows)
            np.log(rows, out=rows)
            rows *= _DECIBELS

        def phase(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            found = spectrum.complex(frames)
            np.arctan2(found.imag, found.real, out=rows)

        kernels: dict[str, Kernel] = {
            "complex": lambda frames, rows: np.copyto(rows.view(np.complex64), spectrum.complex(frames)),
            "magnitude": lambda frames, rows: np.sqrt(spectrum.power(frames), out=rows),
            "power": lambda frames, rows: np.copyto(rows, spectrum.power(frames)),
            "decibel": decibel,
            "phase": phase,
        }
        return kernels[self.output]


def power_blocks(
    signal: NDArray[np.float32], n_fft: int, win_length: int, hop_length: int, pad_mode: PadMode = "constant"
) -> Iterator[NDArray[np.float32]]:
    """|X|^2 of a signal (samples,) with a Hann window, in order, in blocks of shape (rows, 1 + n_fft // 2).

    Each block lies in the memory of the one before: take what is needed from it before asking for the next.
    """
    spectrum = Spectrum(hann(win_length, n_fft), n_fft)
    for frames in blocks(signal, n_fft, hop_length, pad_mode):
        yield spectrum.power(frames)
