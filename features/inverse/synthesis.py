"""Synthesis: from spectra back to a waveform, by overlap and add (Griffin and Lim, IEEE Trans. ASSP 32(2), 1984).

Each frame is transformed back, multiplied with the window again, and added where it came from; the sum is divided
by that of the squared windows. Of all signals, this one has the spectra that are nearest to those given.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.errors import ChainError
from features.example import Audio, Features
from features.signal.levels import finite
from features.spectral.windows import Window, window
from features.stage import AudioShape, FeatureShape, Rejected, Transform

_BLOCK = 1 << 16  # samples of frames that are transformed at once
_LEAST = 1e-11  # a sum of squared windows below this is none


class Synthesis(Transform):
    """A transform from features to a waveform; its parameters are those of the stft that it undoes."""

    reads = Features
    writes: ClassVar[str | None] = "audio"

    n_fft: int = Field(400, ge=2, description="Length of the Fourier transform in samples.")
    win_length: int | None = Field(None, ge=2, description="Length of the window in samples; by default n_fft.")
    hop_length: int = Field(160, ge=1, description="Samples from one frame to the next.")
    window: Window = Field("hann", description="What the frames were multiplied with.")
    center: bool = Field(True, description="Whether frame t was centred on sample t * hop_length, or began there.")

    @model_validator(mode="after")
    def _invertible(self) -> Synthesis:
        length = self.win_length or self.n_fft
        if length > self.n_fft:
            raise ValueError(f"win_length {length} is longer than n_fft {self.n_fft}")
        weights = np.square(window(self.window, length, self.n_fft))
        steady = np.bincount(np.arange(self.n_fft) % self.hop_length, weights, self.hop_length)
        if steady.min() < _LEAST:
            raise ValueError(f"hop_length {self.hop_length} leaves samples that no frame of {length} samples holds")
        return self

    @abstractmethod
    def read_bins(self) -> int:
        """How many numbers a frame has that this stage reads."""

    def length(self, frames: int) -> int:
        """Samples that come of that many frames."""
        return max(0, self.n_fft + (frames - 1) * self.hop_length - (2 * (self.n_fft // 2) if self.center else 0))

    def shape(self, before: FeatureShape) -> AudioShape:
        self.require(before.bins)
        rate = None if before.frame_rate is None else round(before.frame_rate * self.hop_length)
        return AudioShape(rate, 1, None if before.frames is None else self.length(before.frames))

    def require(self, bins: int) -> None:
        """ChainError where the frames are not of this n_fft."""
        wanted = self.read_bins()
        if bins != wanted:
            raise ChainError(
                f"{self.name} reads {wanted} numbers a frame with n_fft {self.n_fft}; {self.of!r} has {bins}", "n_fft"
            )

    def audio(
        self, value: Features, synthesize: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    ) -> Audio | Rejected:
        """The waveform that is made of the frames, or why there is none."""
        try:
            self.require(value.frames.shape[1])
        except ChainError as error:
            return Rejected(str(error))
        if not len(value.frames) or not self.length(len(value.frames)):
            return Rejected(f"{len(value.frames)} frames are too few for a waveform")
        with np.errstate(over="ignore", invalid="ignore"):
            samples = synthesize(value.frames)
        return finite(Audio(samples[np.newaxis], round(value.frame_rate * self.hop_length)))

    def signal(self, spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
        """The samples of spectra (frames, 1 + n_fft // 2), float32 of shape (samples,)."""
        shape = window(self.window, self.win_length or self.n_fft, self.n_fft)
        pieces = -(-self.n_fft // self.hop_length)
        total = np.zeros((len(spectra) + pieces - 1, self.hop_length), np.float32)
        padded = np.zeros((min(len(spectra), max(16, _BLOCK // self.n_fft)), pieces * self.hop_length), np.float32)
        for first in range(0, len(spectra), len(padded)):
            frames = scipy.fft.irfft(spectra[first : first + len(padded)], self.n_fft)
            rows = len(frames)
            np.multiply(frames, shape, out=padded[:rows, : self.n_fft])
            for piece in range(pieces):
                part = padded[:rows, piece * self.hop_length : (piece + 1) * self.hop_length]
                total[first + piece : first + piece + rows] += part
        cut = self.n_fft // 2 if self.center else 0
        samples = total.reshape(-1)[cut : cut + self.length(len(spectra))]
        weights = _weights(self.window, self.win_length or self.n_fft, self.n_fft, self.hop_length, len(spectra))
        weights = weights[cut : cut + len(samples)]
        return np.divide(samples, weights, out=samples, where=weights > _LEAST)


@lru_cache(maxsize=4)
def _weights(name: Window, win_length: int, n_fft: int, hop_length: int, frames: int) -> NDArray[np.float32]:
    """The sum of the squared windows over all frames."""
    square = np.square(window(name, win_length, n_fft))
    pieces = -(-n_fft // hop_length)
    padded = np.zeros((pieces, hop_length), np.float32)
    padded.reshape(-1)[:n_fft] = square
    total = np.zeros((frames + pieces - 1, hop_length), np.float32)
    for piece in range(pieces):
        total[piece : piece + frames] += padded[piece]
    total.flags.writeable = False
    return total.reshape(-1)
