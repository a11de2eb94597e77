"""The spatial front end: what stages have in common that compare the spectra of several channels."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Features
from features.perceptual.mel import MelScale, mel_bank
from features.spectral.frames import Framer
from features.spectral.front_end import SpectralFrontEnd
from features.stage import AudioShape, FeatureShape, Rejected
from features.streaming import Stream, StreamRejected

Spectra = Sequence[NDArray[np.complex64]]
Across = Callable[[Spectra, NDArray[np.float32]], None]
"""Takes the spectra of a block of frames, (rows, 1 + n_fft // 2) for each channel, and writes (rows, bins)."""

Pool = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Sums (rows, 1 + n_fft // 2) over bands, (rows, bands)."""


class SpatialFrontEnd(SpectralFrontEnd):
    """A transform of what the channels' spectra have to do with each other; frames are those of stft."""

    @abstractmethod
    def bins(self) -> int:
        """Numbers in a row of the result."""

    @abstractmethod
    def require(self, channels: int) -> None:
        """ChainError where this stage cannot use that many channels."""

    @abstractmethod
    def across(self, sample_rate: int) -> Across:
        """What makes rows of the spectra of one waveform; ChainError where the rate does not fit."""

    def shape(self, before: AudioShape) -> FeatureShape:
        rate = frames = None
        if before.channels is not None:
            self.require(before.channels)
        if before.sample_rate is not None:
            self.across(before.sample_rate)
            rate = before.sample_rate / self.hop_length
        if before.samples is not None:
            frames = self.framing(before.sample_rate).count(before.samples)
        return FeatureShape(self.bins(), rate, frames)

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        try:
            self.require(value.channels)
            rows = _Rows(self, value.sample_rate, value.channels)
            found = [rows.push(value.samples), rows.finish()]
        except (ChainError, StreamRejected) as error:
            return Rejected(str(error))
        return Features(np.concatenate(found), value.sample_rate / self.hop_length)

    def stream(self, before: AudioShape, draws: Draws) -> Stream | None:
        assert before.sample_rate is not None  # both are known
        assert before.channels is not None  # where a stream is asked for
        return _Rows(self, before.sample_rate, before.channels)


class _Rows:
    """The rows of a waveform of several channels that comes in pieces, or as a whole."""

    def __init__(self, stage: SpatialFrontEnd, sample_rate: int, channels: int) -> None:
        framing = stage.framing(sample_rate)
        self._across, self._bins = stage.across(sample_rate), stage.bins()
        self._framers = [Framer(framing) for _ in range(channels)]
        self._spectra = [stage.spectrum() for _ in range(channels)]
        self._frames = 0

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._made([framer.push(channel) for framer, channel in zip(self._framers, samples, strict=True)])

    def finish(self) -> NDArray[np.float32]:
        rows = self._made([framer.finish() for framer in self._framers])
        if not self._frames:
            raise StreamRejected("no samples, or fewer than a frame")
        return rows

    def _made(self, blocks: list[list[NDArray[np.float32]]]) -> NDArray[np.float32]:
        result = np.empty((sum(map(len, blocks[0])), self._bins), np.float32)
        done = 0
        with np.errstate(over="ignore", invalid="ignore"):
            for frames in zip(*blocks, strict=True):
                spectra = [spectrum.complex(piece) for spectrum, piece in zip(self._spectra, frames, strict=True)]
                self._across(spectra, result[done : done + len(frames[0])])
                done += len(frames[0])
        if not np.isfinite(result).all():
            raise StreamRejected("samples too large for a spectrum in float32")
        self._frames += done
        return result


class Bands(SpatialFrontEnd):
    """A spatial front end that sums over mel bands first, where it is told to."""

    n_mels: int | None = Field(
        None, ge=1, description="Number of mel bands that bins are summed in; by default each bin is one by itself."
    )
    f_min: float = Field(0.0, ge=0, allow_inf_nan=False, description="Lower edge of the lowest mel band in Hz.")
    f_max: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Upper edge of the highest band in Hz; by default half the rate."
    )
    mel_scale: MelScale = Field("slaney", description="slaney: linear up to 1 kHz; htk: 2595 log10(1 + f / 700).")

    def bands(self) -> int:
        """How many bands there are."""
        return self.n_mels or 1 + self.n_fft // 2

    def pool(self, sample_rate: int) -> Pool:
        """What sums over the bands; ChainError where they do not fit the rate."""
        if self.n_mels is None:
            return lambda bins: bins
        bank = mel_bank(sample_rate, self.n_fft, self.n_mels, self.f_min, self.f_max, self.mel_scale)
        weights = np.ascontiguousarray(bank.T)
        return lambda bins: np.matmul(bins, weights)
