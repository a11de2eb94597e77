"""FilterSilence: leaves out what is too soft, or mostly silent."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.example import Audio, Example
from features.filters.filter import Filter, frame_power
from features.signal.levels import amplitude

_SECONDS = 0.02


class FilterSilence(Filter):
    """The example as it is where its RMS level and the share of silent stretches (20 ms) are within the limits.

    The notes keep `level_db` and `silent_share`.
    """

    name: ClassVar[str] = "filter_silence"
    version: ClassVar[int] = 1

    min_level_db: float = Field(-60.0, ge=-200, le=0, description="Lowest RMS that stays, in dB of full scale.")
    silent_below_db: float = Field(-60.0, ge=-200, le=0, description="RMS below which a stretch is silent, in dB.")
    max_silent_share: float = Field(0.9, ge=0, le=1, description="Largest share of silent stretches that stays, of 1.")

    def problem(self, audio: Audio, example: Example, draws: Draws) -> str | None:
        power = frame_power(audio, _SECONDS)
        mean = float(power.mean()) if len(power) else 0.0
        if mean == 0:
            return "digital silence"
        level = 10 * np.log10(mean)
        share = float(np.mean(power < amplitude(self.silent_below_db) ** 2))
        draws.remember("level_db", round(float(level), 2))
        draws.remember("silent_share", round(share, 4))
        if level < self.min_level_db:
            return f"{level:.1f} dB; min_level_db is {self.min_level_db:g}"
        if share > self.max_silent_share:
            return f"{share:.1%} of it is silent; max_silent_share is {self.max_silent_share:.1%}"
        return None
