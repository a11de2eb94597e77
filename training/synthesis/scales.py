"""Scales: from features, pitch and energy as they are to zero mean and unit variance, as a model has them, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


class Scales:
    """By what `statistics_of` found in train."""

    def __init__(self, statistics: Mapping[str, Any]) -> None:
        self._statistics = statistics
        self._mel = torch.tensor([statistics["mel"]["mean"], statistics["mel"]["deviation"]], dtype=torch.float32)

    def normal(self, mel: Tensor) -> Tensor:
        """Features (batch, frames, bins) as a model has them."""
        mean, deviation = self._mel.to(mel.device)
        found: Tensor = (mel - mean) / deviation
        return found

    def mel(self, normal: Tensor) -> Tensor:
        """Features (batch, frames, bins) as the store has them."""
        mean, deviation = self._mel.to(normal.device)
        found: Tensor = normal * deviation + mean
        return found

    def tracks(self, pitch: Tensor, energy: Tensor) -> Tensor:
        """Pitch (batch, frames, 2), in Hz and whether voiced, and energy (batch, frames, 1) as a model has them,
        (batch, frames, 3): 0 where there is no pitch.
        """
        voiced = pitch[:, :, 1:]
        logs = (pitch[:, :, :1].clamp(min=1).log() - self._mean("log_pitch")) / self._deviation("log_pitch")
        return torch.cat([logs * voiced, voiced, (energy - self._mean("energy")) / self._deviation("energy")], 2)

    def hz(self, pitch: Tensor) -> Tensor:
        """The pitch in Hz of what a model says."""
        return (pitch * self._deviation("log_pitch") + self._mean("log_pitch")).exp()

    def shift(self, factor: float) -> float:
        """How many deviations a pitch that is higher by a factor lies above."""
        return math.log(factor) / self._deviation("log_pitch")

    def semitones(self, difference: Tensor) -> Tensor:
        """A difference of pitches, as a model has them, in semitones."""
        return difference * (12 * self._deviation("log_pitch") / math.log(2))

    def _mean(self, name: str) -> float:
        return float(self._statistics[name]["mean"])

    def _deviation(self, name: str) -> float:
        return float(self._statistics[name]["deviation"])
