"""FixLength: every recording as long as the others, as models of a fixed input want it."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.example import Audio
from features.stage import AudioShape, Transform


class FixLength(Transform):
    """Audio of exactly `seconds`: the longer is cut, the shorter is filled up with zeros.

    >>> audio = Audio(np.float32([[1, 2, 3]]), 1)
    >>> FixLength(seconds=5).transform(audio, Draws(0, "fix_length", 0, "key", 0)).samples.tolist()
    [[1.0, 2.0, 3.0, 0.0, 0.0]]
    """

    name: ClassVar[str] = "fix_length"
    version: ClassVar[int] = 1
    shown = ({"fix_length": {"seconds": 2.5, "align": "center"}},)

    seconds: float = Field(gt=0, le=86400, description="The wanted length; at least one sample.")
    align: Literal["start", "center"] = Field(
        "start",
        description="start: keep the start, fill up at the end; center: keep the middle, fill up both ends alike.",
    )

    def shape(self, before: AudioShape) -> AudioShape:
        samples = None if before.sample_rate is None else self._samples(before.sample_rate)
        return AudioShape(before.sample_rate, before.channels, samples)

    def transform(self, value: Audio, draws: Draws) -> Audio:
        wanted, length = self._samples(value.sample_rate), value.samples.shape[1]
        if length == wanted:
            return value
        offset = abs(length - wanted) // 2 if self.align == "center" else 0
        if length > wanted:
            return Audio(np.ascontiguousarray(value.samples[:, offset : offset + wanted]), value.sample_rate)
        samples = np.zeros((value.channels, wanted), np.float32)
        samples[:, offset : offset + length] = value.samples
        return Audio(samples, value.sample_rate)

    def _samples(self, sample_rate: int) -> int:
        return max(1, round(self.seconds * sample_rate))
