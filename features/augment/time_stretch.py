"""TimeStretch: faster or slower at the same pitch, by a phase vocoder (see phase_vocoder.py). `speed` is quicker, and
cleaner, where the pitch may change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from features.augment.phase_vocoder import stretched
from features.draws import Draws, Random, bounds, within
from features.example import Audio
from features.signal.levels import finite
from features.stage import AudioShape, Augmentation, Rejected


class TimeStretch(Augmentation):
    """Audio that plays `factor` times as fast at the same pitch; its length is divided by the factor, and rounded.

    >>> import numpy as np
    >>> audio = Audio(np.zeros((1, 1000), np.float32), 8000)
    >>> TimeStretch(factor=1.25).transform(audio, Draws(0, "time_stretch", 0, "key", 1)).samples.shape
    (1, 800)
    """

    name: ClassVar[str] = "time_stretch"
    version: ClassVar[int] = 1
    stretches = True
    shown = ({"time_stretch": {"factor": {"choice": [0.8, 1.25]}, "act_on": "all"}},)

    factor: Annotated[Random, within(0.25, 4)] = Field(description="How many times as fast, between 0.25 and 4.")

    def shape(self, before: AudioShape) -> AudioShape:
        return before if bounds(self.factor) == (1, 1) else replace(before, samples=None)

    def stretch(self, draws: Draws) -> float:
        return 1 / draws.number("factor", self.factor)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        factor, before = draws.number("factor", self.factor), value.samples.shape[1]
        length = round(before / factor)
        if not length:
            return Rejected(f"{before} samples are too few to play {factor:g} times as fast")
        if length == before:
            return value
        return finite(Audio(stretched(value.samples, value.sample_rate, length), value.sample_rate))
