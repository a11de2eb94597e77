"""KaldiFbank: the filterbank features of Kaldi (Povey et al., The Kaldi Speech Recognition Toolkit, ASRU 2011), for
models that were trained on them.

Each frame of 25 ms, one every 10 ms, on the scale of 16-bit samples: its mean is taken off, y[n] = x[n] - 0.97
x[n-1] (the first sample stands for the one before it), then it is multiplied with Povey's window, (0.5 - 0.5
cos(2 pi n / (N - 1)))^0.85, and zeros fill it up to a power of two. The power spectrum goes through triangles
whose corners lie evenly on the scale 1127 ln(1 + f / 700), linear on that scale and 1 at the middle; the result is
ln(max(energy, 2^-23)). Kaldi's dither is left out: put the stage `dither` before this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.errors import ChainError
from features.perceptual.front_end import filtered
from features.perceptual.mel import Band, banded
from features.spectral.frames import Framing
from features.spectral.framewise import Framewise, Kernel
from features.spectral.spectrum import Spectrum

_FULL_SCALE = np.float32(1 << 15)
_PRE_EMPHASIS = np.float32(0.97)
_FLOOR = float(np.finfo(np.float32).eps)


class KaldiFbank(Framewise):
    """Kaldi's log-mel filterbank features, (frames, n_mels), natural logarithm.

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> second = Audio(np.zeros((1, 16000), np.float32), 16000)
    >>> KaldiFbank().transform(second, Draws(0, "kaldi_fbank", 0, "key", 0)).frames.shape
    (98, 80)
    """

    name: ClassVar[str] = "kaldi_fbank"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "kaldi_fbank"

    n_mels: int = Field(80, ge=1, description="Number of mel filters (Kaldi's num-mel-bins).")
    f_min: float = Field(20.0, ge=0, allow_inf_nan=False, description="Lower edge of the lowest filter in Hz.")
    f_max: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Upper edge of the highest filter in Hz; by default half the rate."
    )
    snip_edges: bool = Field(
        True,
        description="true: only frames within the signal; false: as many as there are hops, the signal mirrored beyond "
        "its ends.",
    )

    @model_validator(mode="after")
    def _rising(self) -> KaldiFbank:
        if self.f_max is not None and self.f_max <= self.f_min:
            raise ValueError(f"f_max {self.f_max:g} Hz must lie above f_min {self.f_min:g} Hz")
        return self

    def bins(self) -> int:
        return self.n_mels

    def framing(self, sample_rate: int | None) -> Framing | None:
        if sample_rate is None:
            return None
        length, hop = _frame(sample_rate)
        if self.snip_edges:
            return Framing(length, hop)
        before = length // 2 - hop // 2  # frames are centred on the middle of their hop
        return Framing(length, hop, before, length - before + hop // 2 - hop, "symmetric")

    def kernel(self, sample_rate: int) -> Kernel:
        length, _ = _frame(sample_rate)
        n_fft = 1 << (length - 1).bit_length()
        mel = filtered(Spectrum(_povey(length), n_fft), _bands(sample_rate, n_fft, self.n_mels, self.f_min, self.f_max))

        def fbank(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            scaled = np.multiply(frames, _FULL_SCALE)
            scaled -= scaled.mean(axis=1, keepdims=True)
            scaled[:, 1:] -= _PRE_EMPHASIS * scaled[:, :-1]
            scaled[:, 0] -= _PRE_EMPHASIS * scaled[:, 0]
            mel(scaled, rows)
            np.log(np.maximum(rows, _FLOOR, out=rows), out=rows)

        return fbank


def _frame(sample_rate: int) -> tuple[int, int]:
    """Samples in a frame, and from one to the next; ChainError where the rate is too low for Kaldi's frames."""
    if sample_rate < 100:
        raise ChainError(f"kaldi_fbank has a frame each 10 ms, and {sample_rate} Hz has no sample in that", "of")
    return sample_rate * 25 // 1000, sample_rate // 100


@lru_cache(maxsize=8)
def _povey(length: int) -> NDArray[np.float32]:
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / (length - 1))) ** 0.85
    return np.asarray(window, np.float32)


@lru_cache(maxsize=8)
def _bands(sample_rate: int, n_fft: int, n_mels: int, f_min: float, f_max: float | None) -> Sequence[Band]:
    """Kaldi's filters; the bin at half the rate is not heard."""
    nyquist = sample_rate / 2
    top = nyquist if f_max is None else f_max
    if top > nyquist:
        raise ChainError(f"f_max {top:g} Hz lies above half the sample rate ({nyquist:g} Hz): lower f_max", "f_max")
    if f_min >= top:
        raise ChainError(f"f_min {f_min:g} Hz leaves nothing below {top:g} Hz, the highest frequency", "f_min")
    low, high, mel = (1127 * np.log1p(np.asarray(hz) / 700) for hz in (f_min, top, _bin_hz(sample_rate, n_fft)))
    corners = np.linspace(low, high, n_mels + 2)[:, np.newaxis]
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    bank = np.maximum(np.minimum((mel - left) / (middle - left), (right - mel) / (right - middle)), 0)
    empty = int(np.count_nonzero(~bank.any(axis=1)))
    if empty:
        raise ChainError(
            f"{empty} of {n_mels} mel filters lie between the bins of {n_fft} points: lower n_mels", "n_mels"
        )
    return banded(bank.astype(np.float32))


def _bin_hz(sample_rate: int, n_fft: int) -> NDArray[np.float64]:
    return np.asarray(np.arange(n_fft // 2) * (sample_rate / n_fft))
