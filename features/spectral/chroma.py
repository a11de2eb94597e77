"""Chroma: how much of each pitch class a frame holds, whatever the octave: what harmony is recognised by (Fujishima,
ICMC 1999).

Each bin's power goes to the pitch classes by a bump around its pitch, 12 log2(f / 440 Hz) where there are 12 classes:
exp(-2 (distance / width)^2), of unit length over the classes, the width being that of the bin and one class at least;
bins are weighted by exp(-(octave - 5)^2 / 8) for what octave they lie in (Ellis, Chroma feature analysis and
synthesis, 2007). The largest class of a frame is 1. The numbers are those of librosa.feature.chroma_stft, which
estimates the tuning where it is told none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.spectral.framewise import Kernel
from features.spectral.front_end import SpectralFrontEnd

_CENTRE_OCTAVE, _OCTAVES = 5.0, 2.0  # of the weight of bins
_TINY = np.finfo(np.float32).tiny


class Chroma(SpectralFrontEnd):
    """The pitch classes of each frame, (frames, n_chroma), from C up; the largest is 1, and all are 0 in silence.

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000).astype(np.float32)
    >>> found = Chroma().transform(Audio(tone[np.newaxis], 16000), Draws(0, "chroma", 0, "key", 0))
    >>> int(found.frames[10].argmax())  # A
    9
    """

    name: ClassVar[str] = "chroma"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "chroma"

    n_fft: int = Field(2048, ge=2, description="Samples in a frame, and length of the Fourier transform.")
    hop_length: int = Field(512, ge=1, description="Samples from one frame to the next.")
    n_chroma: int = Field(
        12, ge=2, description="Number of pitch classes in an octave; they begin with A where it is less than 12."
    )
    tuning: float = Field(
        0.0, ge=-0.5, le=0.5, description="How much sharper than A = 440 Hz the music is, in pitch classes."
    )

    def bins(self) -> int:
        return self.n_chroma

    def kernel(self, sample_rate: int) -> Kernel:
        bank = _bank(sample_rate, self.n_fft, self.n_chroma, self.tuning)
        spectrum = self.spectrum()

        def chroma(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            np.matmul(spectrum.power(frames), bank, out=rows)
            largest_is_1(rows)

        return chroma


def largest_is_1(rows: NDArray[np.float32]) -> None:
    """Divides each row by its largest value, in place, where that is more than nothing."""
    largest = rows.max(axis=1, keepdims=True)
    rows /= np.where(largest < _TINY, 1, largest)


@lru_cache(maxsize=8)
def _bank(sample_rate: int, n_fft: int, n_chroma: int, tuning: float) -> NDArray[np.float32]:
    """What each bin gives to each pitch class, float32 of shape (1 + n_fft // 2, n_chroma)."""
    hz = np.arange(1, n_fft) * (sample_rate / n_fft)
    octaves = np.log2(hz / (440 * 2 ** (tuning / n_chroma) / 16))
    pitch = n_chroma * np.concatenate([[octaves[0] - 1.5], octaves])  # the bin at 0 Hz lies 1.5 octaves below the next
    width = np.append(np.maximum(np.diff(pitch), 1), 1)[:, np.newaxis]
    half = np.round(n_chroma / 2)
    distance = np.mod(pitch[:, np.newaxis] - np.arange(n_chroma) + half, n_chroma) - half
    bumps = np.exp(-2 * (distance / width) ** 2)
    bumps /= np.linalg.norm(bumps, axis=1, keepdims=True)
    bumps *= np.exp(-0.5 * ((pitch / n_chroma - _CENTRE_OCTAVE) / _OCTAVES) ** 2)[:, np.newaxis]
    from_c = np.roll(bumps, -3 * (n_chroma // 12), axis=1)  # and not from A
    bank = np.asarray(from_c[: 1 + n_fft // 2], np.float32)
    bank.flags.writeable = False
    return bank
