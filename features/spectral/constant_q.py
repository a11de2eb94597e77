"""The constant-Q transform: a spectrum whose bins are as far apart on a piano as in the result.

Bin k holds the frequency f_min 2^(k / bins_per_octave); its filter is a complex exponential of that frequency under a
Hann window of Q periods, Q = (r^2 + 1) / (r^2 - 1) with r = 2^(1 / bins_per_octave) (Brown, JASA 89(1), 1991). The
filters are applied to short-time spectra (Brown and Puckette, JASA 92(5), 1992), without the 1 % of each that is
smallest, octave by octave, on a signal that is resampled to half its rate for each octave further down (Schörkhuber
and Klapuri, SMC 2010). The result is divided by the square root of a filter's length. These are the numbers of
librosa.cqt.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log2

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from pydantic import Field

from features.errors import ChainError
from features.example import Audio
from features.signal.resample import resample
from features.spectral.frames import Framing
from features.spectral.framewise import refused, require_mono
from features.stage import AudioShape, FeatureShape, Rejected, Transform

C1_HZ = 440 * 2 ** (-45 / 12)
_HANN_BANDWIDTH = 1.5  # in bins
_SPARSITY = 0.01


@dataclass(frozen=True, slots=True)
class _Octave:
    """Filters in the frequency domain: `weights` is complex64 (bins of the spectrum, filters), the rest is zero."""

    halvings: int  # of the rate before this octave
    n_fft: int
    hop_length: int
    filters: slice
    bins: slice
    weights: NDArray[np.complex64]


class ConstantQ(Transform):
    """A transform of one channel that begins with a constant-Q transform; frame t is centred on t * hop_length."""

    hop_length: int = Field(512, ge=1, description="Samples from one frame to the next.")
    f_min: float = Field(C1_HZ, gt=0, allow_inf_nan=False, description="Frequency of the lowest bin in Hz; C1.")
    n_bins: int = Field(84, ge=1, description="Number of bins of the transform.")
    bins_per_octave: int = Field(12, ge=2, description="Number of bins to an octave.")

    def shape(self, before: AudioShape) -> FeatureShape:
        require_mono(self, before)
        rate = frames = None
        if before.sample_rate is not None:
            self._octaves(before.sample_rate)
            rate = before.sample_rate / self.hop_length
        if before.samples is not None:
            frames = _frames(before.samples, self.hop_length)
        return FeatureShape(self.bins(), rate, frames)

    @abstractmethod
    def bins(self) -> int:
        """Numbers in a row of the result."""

    def constant_q(self, audio: Audio) -> NDArray[np.complex64] | Rejected:
        """The transform, complex64 of shape (frames, n_bins), or why there is none."""
        if refusal := refused(self, audio):
            return refusal
        try:
            octaves = self._octaves(audio.sample_rate)
        except ChainError as error:
            return Rejected(str(error))
        result = np.empty((_frames(audio.samples.shape[1], self.hop_length), self.n_bins), np.complex64)
        signal, halvings = audio.samples, 0
        with np.errstate(over="ignore", invalid="ignore"):
            for octave in octaves:
                signal, halvings = _halved(signal, octave.halvings - halvings), octave.halvings
                _respond(signal[0], octave, result[:, octave.filters])
            largest = np.abs(result).max()
        return result if np.isfinite(largest) else Rejected("samples too large for a spectrum in float32")

    def _octaves(self, sample_rate: int) -> Sequence[_Octave]:
        return _octaves(sample_rate, self.hop_length, self.f_min, self.n_bins, self.bins_per_octave)


def _frames(samples: int, hop_length: int) -> int:
    return 1 + samples // hop_length if samples else 0


def _halved(signal: NDArray[np.float32], times: int) -> NDArray[np.float32]:
    """The signal, (1, samples), at its rate over 2^times, and as much louder as keeps its energy."""
    if not times:
        return signal
    length = -(-signal.shape[1] // 2**times)
    found = resample(signal, 2**times, 1) * np.float32(2 ** (times / 2))
    return np.pad(found, ((0, 0), (0, length - found.shape[1])))


def _respond(signal: NDArray[np.float32], octave: _Octave, out: NDArray[np.complex64]) -> None:
    """What the filters of an octave answer, into (frames, filters)."""
    done = 0
    for frames in Framing.centred(octave.n_fft, octave.hop_length).blocks(signal):
        spectrum = scipy.fft.rfft(frames)[:, octave.bins]
        rows = out[done : done + len(frames)]
        rows[:] = (spectrum @ octave.weights)[: len(rows)]
        done += len(frames)


@lru_cache(maxsize=8)
def _octaves(sample_rate: int, hop_length: int, f_min: float, n_bins: int, bins_per_octave: int) -> Sequence[_Octave]:
    """The filters, from the highest octave down; ChainError where the rate does not hold the highest bin."""
    step = 2 ** (2 / bins_per_octave)
    q = (step + 1) / (step - 1)
    hz = f_min * 2 ** (np.arange(n_bins) / bins_per_octave)
    top = float(hz[-1]) * (1 + _HANN_BANDWIDTH / 2 / q)
    if top > sample_rate / 2:
        raise ChainError(
            f"the highest bin hears up to {top:.0f} Hz, above half the sample rate ({sample_rate / 2:g} Hz): "
            "lower n_bins or f_min",
            "n_bins",
        )
    count = ceil(n_bins / bins_per_octave)
    twos = (hop_length & -hop_length).bit_length() - 1  # how often the hop can be halved
    halvings = first = min(max(0, ceil(log2(sample_rate / 2 / top)) - 2), max(0, twos - count + 1))
    octaves = []
    for number in range(count):
        filters = slice(max(0, n_bins - (number + 1) * bins_per_octave), n_bins - number * bins_per_octave)
        weights = _filters(hz[filters], sample_rate / 2**halvings, q)
        weights *= 2 ** ((halvings - first) / 2) / np.sqrt(q * sample_rate / 2**first / hz[filters])
        heard = np.flatnonzero(weights.any(axis=1))
        bins = slice(int(heard[0]), int(heard[-1]) + 1)
        n_fft = 2 * (len(weights) - 1)
        kept = np.ascontiguousarray(weights[bins], np.complex64)
        octaves.append(_Octave(halvings, n_fft, hop_length >> halvings, filters, bins, kept))
        halvings += halvings < twos
    return tuple(octaves)


def _filters(hz: NDArray[np.float64], sample_rate: float, q: float) -> NDArray[np.complex128]:
    """The spectra of the filters, (bins, filters), without the smallest values that make up `_SPARSITY` of each."""
    lengths = q * sample_rate / hz
    n_fft = 2 ** ceil(log2(lengths.max()))
    found = np.zeros((n_fft, len(hz)), np.complex128)
    for column, (frequency, length) in enumerate(zip(hz, lengths, strict=True)):
        time = np.arange(-length // 2, length // 2)
        wave = np.exp(2j * np.pi * frequency / sample_rate * time)
        wave *= 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(time)) / len(time))
        start = (n_fft - len(time)) // 2
        found[start : start + len(time), column] = wave / np.abs(wave).sum() * length / n_fft
    spectra = np.fft.fft(found, axis=0)[: 1 + n_fft // 2]
    sizes = np.abs(spectra)
    in_order = np.sort(sizes, axis=0)
    rest = np.argmin(np.cumsum(in_order / sizes.sum(axis=0), axis=0) < _SPARSITY, axis=0)
    spectra[sizes < np.take_along_axis(in_order, rest[np.newaxis], axis=0)] = 0
    return np.asarray(spectra)
