"""Normalize: every recording at the same level, so that a model need not learn that loudness means nothing. `loudness`
does it as a listener hears it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from features.draws import Draws
from features.example import Audio
from features.signal.levels import SILENCE, amplitude, finite, peak, rms, scaled
from features.stage import Rejected, Transform


class Normalize(Transform):
    """Audio whose peak or RMS is `level_db`; all channels get the same gain, and silence is passed on as it is.

    >>> import numpy as np
    >>> audio = Audio(np.float32([[0.01, -0.05]]), 8000)
    >>> Normalize(level_db=0).transform(audio, Draws(0, "normalize", 0, "key", 0)).samples.tolist()
    [[0.19999998807907104, -1.0]]
    """

    name: ClassVar[str] = "normalize"
    version: ClassVar[int] = 1

    to: Literal["peak", "rms"] = Field("peak", description="Which level is set: the largest magnitude, or the RMS.")
    level_db: float = Field(
        -20.0, ge=-100, le=0, description="The wanted level in dB below full scale; an RMS close to 0 goes beyond it."
    )

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        level = peak(value.samples) if self.to == "peak" else rms(value.samples)
        if level < SILENCE:
            return value
        return finite(Audio(scaled(value.samples, amplitude(self.level_db) / level), value.sample_rate))
