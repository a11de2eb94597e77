"""MelToLinear: a magnitude spectrogram that has the given mel spectrogram, for `griffin_lim` to make audible.

There are many, since there are more bins than filters. From a flat one, weighed by the filters, the rule of Richardson
(J. Opt. Soc. Am. 62(1), 1972) and of Lee and Seung (NIPS 2000, theorem 2) leads to one that is nowhere below zero
and nears the mel spectrogram in the sense of Kullback and Leibler, which counts soft bands as well as loud ones:

    x <- x * W'(m / (W x)) / W'1,

where W are the filters, m is a frame of the mel spectrogram, and x one of the power spectrum.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Features
from features.perceptual.log_mel import LogMel
from features.perceptual.mel import mel_bank
from features.stage import FeatureShape, Rejected, Transform

_BLOCK = 64  # frames that are worked on at once
_LEAST = np.float32(1e-30)
_ROUNDING = 1e-5  # a logarithm of the floor that went through float32 lies that near


class MelToLinear(Transform):
    """The magnitude spectrogram, (frames, 1 + n_fft // 2), that `log_mel` may have had before it; floors become 0.

    >>> silence = Features(np.full((11, 80), np.log(1e-10), np.float32), 100.0)
    >>> found = MelToLinear().transform(silence, Draws(0, "mel_to_linear", 0, "key", 0)).frames
    >>> found.shape, float(found.max())
    ((11, 201), 0.0)
    """

    name: ClassVar[str] = "mel_to_linear"
    version: ClassVar[int] = 1
    reads = Features
    writes: ClassVar[str | None] = "linear"
    shown = ({"log_mel": {}}, {"mel_to_linear": {}})

    of: str = Field("log_mel", description="Name of the features that are read.")
    log_mel: LogMel = Field(LogMel(), description="The stage that is undone: its parameters as they stand there.")
    n_iter: int = Field(20, ge=1, le=10_000, description="How often the rule is applied.")

    def shape(self, before: FeatureShape) -> FeatureShape:
        if before.bins != self.log_mel.n_mels:
            raise ChainError(
                f"log_mel.n_mels is {self.log_mel.n_mels}, and {self.of!r} has {before.bins} bins", "log_mel"
            )
        if before.frame_rate is not None:
            self._bank(before.frame_rate)
        return FeatureShape(1 + self.log_mel.n_fft // 2, before.frame_rate, before.frames)

    def transform(self, value: Features, draws: Draws) -> Features | Rejected:
        try:
            bins = self.shape(FeatureShape(value.frames.shape[1], value.frame_rate)).bins
        except ChainError as error:
            return Rejected(str(error))
        bank = self._bank(value.frame_rate)
        found = np.empty((len(value.frames), bins), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, len(found), _BLOCK):
                found[first : first + _BLOCK] = self._undone(value.frames[first : first + _BLOCK], bank)
        if not np.isfinite(found).all():
            return Rejected(f"{self.of} has values too large for a spectrogram in float32")
        return Features(found, value.frame_rate)

    def _undone(self, rows: NDArray[np.float32], bank: NDArray[np.float32]) -> NDArray[np.float32]:
        """The magnitudes of some frames; each is worked on with its loudest band at 1."""
        natural = rows.astype(np.float64) * (np.log(10) / 10 if self.log_mel.log == "db" else 1)
        loudest = natural.max(axis=1, keepdims=True)
        silent = natural <= np.log(self.log_mel.floor) + _ROUNDING
        mel = np.where(silent, 0, np.exp(natural - loudest)).astype(np.float32)
        weights = np.maximum(bank.sum(axis=0), _LEAST)
        found = (mel / bank.sum(axis=1)) @ bank / weights
        for _ in range(self.n_iter):
            found *= (mel / np.maximum(found @ bank.T, _LEAST)) @ bank / weights
        power = self.log_mel.power
        return np.asarray(found ** np.float32(1 / power) * np.exp(loudest / power), np.float32)

    def _bank(self, frame_rate: float) -> NDArray[np.float32]:
        mel = self.log_mel
        return mel_bank(round(frame_rate * mel.hop_length), mel.n_fft, mel.n_mels, mel.f_min, mel.f_max, mel.mel_scale)
