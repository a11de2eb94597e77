"""Clip: a recording that was too loud for its converter, or for a stage before it, and lost the tops of its waves."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.draws import Draws, Random, within
from features.example import Audio
from features.signal.levels import amplitude
from features.stage import AudioShape, Augmentation
from features.streaming import Pointwise, Stream


class Clip(Augmentation):
    """Audio cut at a magnitude: the one that `percent` of its samples lie above, or `level_db`. The rest is untouched.

    >>> audio = Audio(np.float32([[0.1, 0.2, -0.3, 1.0, -0.4]]), 8000)
    >>> Clip(percent=25).transform(audio, Draws(0, "clip", 0, "key", 1)).samples.tolist()
    [[0.10000000149011612, 0.20000000298023224, -0.30000001192092896, 0.4000000059604645, -0.4000000059604645]]
    """

    name: ClassVar[str] = "clip"
    version: ClassVar[int] = 1
    shown = ({"clip": {"percent": 20, "act_on": "all"}},)

    percent: Annotated[Random, within(0, 100)] | None = Field(
        None, description="How many of a hundred samples are cut; this or `level_db`."
    )
    level_db: Annotated[Random, within(-200, 200)] | None = Field(
        None, description="The magnitude that samples are cut at, in dB relative to full scale."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Clip:
        if (self.percent is None) == (self.level_db is None):
            raise ValueError("say where to cut: either percent or level_db")
        return self

    def stream(self, before: AudioShape, draws: Draws) -> Stream | None:
        if self.level_db is None:
            return None  # percentiles are those of the whole
        level = np.float32(amplitude(draws.number("level_db", self.level_db)))
        return Pointwise(lambda samples: np.clip(samples, -level, level), before.channels)

    def transform(self, value: Audio, draws: Draws) -> Audio:
        if not value.samples.size:
            return value
        if self.level_db is not None:
            level = np.float32(amplitude(draws.number("level_db", self.level_db)))
        else:
            assert self.percent is not None  # one of both is there
            percent = draws.number("percent", self.percent)
            level = _percentile(np.abs(value.samples).reshape(-1), 100 - percent)
        return Audio(value.samples.clip(-level, level), value.sample_rate)


def _percentile(values: NDArray[np.float32], percent: float) -> np.float32:
    """numpy's percentile to the bit, which itself takes six times as long; reorders the values."""
    place = (len(values) - 1) * (percent / 100)
    below = min(int(place), len(values) - 1)
    values.partition(below)
    low = values[below]
    high = values[below + 1 :].min() if below + 1 < len(values) else low
    part = place - below
    return np.float32(low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part))
