"""Speed: faster or slower, tempo and pitch alike, as if another person had spoken (Ko et al., Audio augmentation for
speech recognition, Interspeech 2015, section 2).

The signal x(t) becomes x(factor * t): resampled, and played at the old rate. Tempo and pitch both change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from features.draws import Draws, Random, bounds, within
from features.example import Audio
from features.signal.levels import finite
from features.signal.resample import resample
from features.stage import AudioShape, Augmentation, Rejected


class Speed(Augmentation):
    """Audio that plays `factor` times as fast, at the same sample rate; factors are rounded to thousandths.

    >>> import numpy as np
    >>> audio = Audio(np.zeros((1, 11000), np.float32), 8000)
    >>> Speed(factor=1.1).transform(audio, Draws(0, "speed", 0, "key", 1)).samples.shape
    (1, 10000)
    """

    name: ClassVar[str] = "speed"
    version: ClassVar[int] = 1
    stretches = True
    shown = ({"speed": {"factor": {"choice": [0.8, 1.25]}, "act_on": "all"}},)

    factor: Annotated[Random, within(0.1, 10)] = Field(
        description="How many times as fast, between 0.1 and 10; the usual choice is [0.9, 1.0, 1.1]."
    )

    def shape(self, before: AudioShape) -> AudioShape:
        return before if bounds(self.factor) == (1, 1) else replace(before, samples=None)

    def stretch(self, draws: Draws) -> float:
        return 1000 / self._thousandths(draws)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        thousandths = self._thousandths(draws)
        draws.remember("factor", thousandths / 1000)
        samples = resample(value.samples, thousandths, 1000)
        if not samples.size:
            return Rejected(
                f"{value.samples.shape[1]} samples are too few to play {thousandths / 1000:g} times as fast"
            )
        return finite(Audio(samples, value.sample_rate))

    def _thousandths(self, draws: Draws) -> int:
        return round(1000 * draws.number("factor", self.factor))
