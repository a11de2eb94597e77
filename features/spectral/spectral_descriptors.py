"""SpectralDescriptors: a few numbers that describe the spectrum of each frame, for small classifiers and for looking at
a corpus (Peeters, CUIDADO technical report, 2004).

With the magnitudes m at the frequencies f, p = m / sum(m), and sums over the bins of a frame:

centroid            sum(f p), in Hz
bandwidth           sqrt(sum(p (f - centroid)^2)), in Hz
rolloff             the lowest frequency in Hz below which `roll_percent` of the magnitude lies
flatness            geometric over arithmetic mean of max(m^2, 1e-10); 1 is as flat as noise (Johnston, IEEE JSAC 6(2),
                    1988)
contrast            peak over valley in dB, in 7 bands: below 200 Hz, then octaves; the mean of the highest and of the
                    lowest 2 % of a band's magnitudes (Jiang et al., ICME 2002)
flux                sqrt(sum((m - m of the frame before)^2)); 0 for the first frame
zero_crossing_rate  how often the sign changes from one sample of the frame to the next, for each sample
rms                 the root of the mean square of the frame's samples, without a window

They are those of librosa with the same padding; but `contrast` has no limit of 80 dB below the loudest frame, which a
frame could not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from features.errors import ChainError
from features.spectral.framewise import Kernel
from features.spectral.front_end import SpectralFrontEnd
from features.spectral.spectrum import Spectrum
from features.spectral.windows import window64

Descriptor = Literal["centroid", "bandwidth", "rolloff", "flatness", "contrast", "flux", "zero_crossing_rate", "rms"]

_FLOOR = 1e-10
_EDGES_HZ = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, 12800.0)  # of the bands of contrast
_BANDS = len(_EDGES_HZ) - 1
_SHARE = 0.02  # of a band's bins are its peak, and its valley
_QUIET = np.float32(-1e-10)  # a sample has a sign below this

Measure = Callable[["_Block"], NDArray[np.float64]]


@dataclass
class _Block:
    """Frames (rows, n_fft) and what their magnitudes, (rows, bins), come from."""

    frames: NDArray[np.float32]
    spectrum: Spectrum

    @cached_property
    def magnitude(self) -> NDArray[np.float64]:
        return self.spectrum.magnitude(self.frames)

    @cached_property
    def total(self) -> NDArray[np.float64]:
        return np.asarray(np.sum(self.magnitude, axis=1))


class SpectralDescriptors(SpectralFrontEnd):
    """The descriptors that are asked for, in that order, a column each; contrast has 7.

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> tone = Audio(np.sin(np.arange(1600, dtype=np.float32) * np.pi / 4)[np.newaxis], 16000)
    >>> stage = SpectralDescriptors(descriptors=["centroid", "rolloff"])
    >>> stage.transform(tone, Draws(0, "spectral_descriptors", 0, "key", 0)).frames[5].round().tolist()
    [2000.0, 2040.0]
    """

    name: ClassVar[str] = "spectral_descriptors"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "spectral_descriptors"
    shown = (
        {
            "spectral_descriptors": {
                "descriptors": [
                    "centroid",
                    "bandwidth",
                    "rolloff",
                    "flatness",
                    "contrast",
                    "flux",
                    "zero_crossing_rate",
                    "rms",
                ]
            }
        },
    )

    descriptors: tuple[Descriptor, ...] = Field(
        min_length=1, description="Which descriptors, in the order of the columns; each once."
    )
    roll_percent: float = Field(
        0.85, gt=0, lt=1, description="Share of the magnitude that lies below the roll-off, between 0 and 1."
    )

    @field_validator("descriptors")
    @classmethod
    def _once(cls, descriptors: tuple[Descriptor, ...]) -> tuple[Descriptor, ...]:
        twice = {name for name in descriptors if descriptors.count(name) > 1}
        if twice:
            raise ValueError(f"each descriptor once; there is more than one {', '.join(sorted(twice))}")
        return descriptors

    def bins(self) -> int:
        return sum(_BANDS if name == "contrast" else 1 for name in self.descriptors)

    def kernel(self, sample_rate: int) -> Kernel:
        measures = [self._measure(name, sample_rate) for name in self.descriptors]
        # in double precision, which a valley far below the loudest bin needs
        spectrum = Spectrum(window64(self.window, self.win_length or self.n_fft, self.n_fft), self.n_fft)

        def describe(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            block = _Block(frames, spectrum)
            np.concatenate(
                [measure(block).reshape(len(frames), -1) for measure in measures], axis=1, out=rows, casting="same_kind"
            )

        return describe

    def _measure(self, name: Descriptor, sample_rate: int) -> Measure:
        hz = np.asarray(np.arange(1 + self.n_fft // 2) * (sample_rate / self.n_fft), np.float64)
        measures: dict[Descriptor, Callable[[], Measure]] = {
            "centroid": lambda: lambda block: _mean(block, hz),
            "bandwidth": lambda: lambda block: _bandwidth(block, hz),
            "rolloff": lambda: lambda block: _rolloff(block, self.roll_percent) * hz[1],
            "flatness": lambda: _flatness,
            "contrast": lambda: _contrast(hz),
            "flux": _flux,
            "zero_crossing_rate": lambda: _zero_crossing_rate,
            "rms": lambda: _rms,
        }
        return measures[name]()


def _mean(block: _Block, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of one value for each bin, weighted by its magnitude; 0 in silence."""
    sums = block.magnitude @ values
    return np.divide(sums, block.total, out=np.zeros_like(sums), where=block.total > 0)


def _bandwidth(block: _Block, hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.maximum(_mean(block, hz**2) - _mean(block, hz) ** 2, 0)))


def _rolloff(block: _Block, share: float) -> NDArray[np.float64]:
    """The bin of the roll-off."""
    below = np.cumsum(block.magnitude, axis=1)
    return np.asarray(np.sum(below < share * below[:, -1:], axis=1, dtype=np.float64))


def _flatness(block: _Block) -> NDArray[np.float64]:
    power = np.square(block.magnitude)
    mean = np.mean(np.maximum(power, _FLOOR, out=power), axis=1)
    return np.asarray(np.exp(np.mean(np.log(power, out=power), axis=1)) / mean)


def _flux() -> Measure:
    last: NDArray[np.float64] | None = None  # the magnitudes of the frame before

    def flux(block: _Block) -> NDArray[np.float64]:
        nonlocal last
        change = np.empty_like(block.magnitude)
        np.subtract(block.magnitude[1:], block.magnitude[:-1], out=change[1:])
        change[0] = 0 if last is None else block.magnitude[0] - last
        last = block.magnitude[-1].copy()
        return np.asarray(np.sqrt(np.einsum("fk,fk->f", change, change)))

    return flux


def _contrast(hz: NDArray[np.float64]) -> Measure:
    bands = _contrast_bands(hz)

    def contrast(block: _Block) -> NDArray[np.float64]:
        found = np.empty((len(block.frames), _BANDS))
        for column, (bins, count) in enumerate(bands):
            valley, peak = _ends(block.magnitude[:, bins], count)
            found[:, column] = 10 * np.log10(np.maximum(peak, _FLOOR) / np.maximum(valley, _FLOOR))
        return found

    return contrast


def _ends(values: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of the `count` lowest of each row, and of the highest."""
    if count == 1:
        return values.min(axis=1), values.max(axis=1)
    ordered = np.sort(values, axis=1)
    return ordered[:, :count].mean(axis=1), ordered[:, -count:].mean(axis=1)


def _contrast_bands(hz: NDArray[np.float64]) -> Sequence[tuple[slice, int]]:
    """The bins of each band, and how many of them are its peak; a band begins with the bin below its lower edge."""
    if hz[-1] <= _EDGES_HZ[-2]:
        raise ChainError(
            "contrast needs frequencies above 6400 Hz: a sample rate above 12800, or do without", "descriptors"
        )
    bands = []
    for number, (low, high) in enumerate(pairwise(_EDGES_HZ)):
        inside = np.flatnonzero((hz >= low) & (hz <= high))
        start = inside[0] - (number > 0) if len(inside) else 0
        stop = len(hz) if number == _BANDS - 1 else inside[-1] if len(inside) else 0
        if stop <= start:
            raise ChainError(f"contrast finds no bins from {low:g} to {high:g} Hz: raise n_fft", "n_fft")
        size = stop - start + (number < _BANDS - 1)
        bands.append((slice(int(start), int(stop)), max(1, round(_SHARE * float(size)))))
    return bands


def _zero_crossing_rate(block: _Block) -> NDArray[np.float64]:
    negative = block.frames < _QUIET
    return np.asarray(np.count_nonzero(negative[:, 1:] != negative[:, :-1], axis=1) / block.frames.shape[1])


def _rms(block: _Block) -> NDArray[np.float64]:
    squares = np.einsum("fn,fn->f", block.frames, block.frames)
    return np.asarray(np.sqrt(squares / block.frames.shape[1]))
