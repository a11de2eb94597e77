"""Tempogram: the tempi that a piece of music has at each moment (Grosche, Müller and Kurth, ICASSP 2010).

The autocorrelation of the onset strength in a Hann window around each frame: a peak at lag l says that it repeats each
l frames, which is 60 * frame_rate / l beats a minute. Beyond its ends the onset strength falls to zero in a straight
line. The largest value of a frame is 1. The numbers are those of librosa.feature.tempogram.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import scipy.fft
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Features
from features.spectral.windows import window64
from features.stage import FeatureShape, Rejected, Transform

_BLOCK = 128  # frames that are transformed at once
_TINY = np.finfo(np.float64).tiny


class Tempogram(Transform):
    """The tempogram of an onset strength, (frames, win_length): bin l is the autocorrelation at a lag of l frames.

    >>> beats = np.zeros((200, 1), np.float32)
    >>> beats[::20] = 1
    >>> found = Tempogram(win_length=100).transform(Features(beats, 100.0), Draws(0, "tempogram", 0, "key", 0))
    >>> int(found.frames[100, 1:].argmax()) + 1
    20
    """

    name: ClassVar[str] = "tempogram"
    version: ClassVar[int] = 1
    reads = Features
    writes: ClassVar[str | None] = "tempogram"
    shown = ({"onset_strength": {}}, {"tempogram": {"win_length": 100}})

    of: str = Field("onset_strength", description="Name of the features that are read: one bin, the onset strength.")
    win_length: int = Field(384, ge=2, description="Length of the window in frames, and number of lags.")

    def shape(self, before: FeatureShape) -> FeatureShape:
        if before.bins != 1:
            raise ChainError(
                f"tempogram reads one bin, and {self.of!r} has {before.bins}: onset_strength has one", "of"
            )
        return replace(before, bins=self.win_length)

    def transform(self, value: Features, draws: Draws) -> Features | Rejected:
        if value.frames.shape[1] != 1:
            return Rejected(f"{value.frames.shape[1]} bins, and tempogram reads one")
        if not len(value.frames):
            return Rejected("no frames")
        envelope = np.pad(value.frames[:, 0].astype(np.float64), self.win_length // 2, mode="linear_ramp")
        frames = np.lib.stride_tricks.sliding_window_view(envelope, self.win_length)
        shape = window64("hann", self.win_length, self.win_length)
        size = scipy.fft.next_fast_len(2 * self.win_length - 1, real=True)
        result = np.empty((len(value.frames), self.win_length), np.float32)
        for start in range(0, len(result), _BLOCK):
            rows = result[start : start + _BLOCK]
            spectrum = scipy.fft.rfft(frames[start : start + len(rows)] * shape, size)
            found = scipy.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[:, : self.win_length]
            largest = np.abs(found).max(axis=1, keepdims=True)
            np.divide(found, np.where(largest < _TINY, 1, largest), out=rows, casting="same_kind")
        return Features(result, value.frame_rate)
