"""TimeShift: earlier or later within the same length, so that a model does not learn where a sound lies."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from features.draws import Draws, Random, within
from features.example import Audio
from features.stage import Augmentation


class TimeShift(Augmentation):
    """Audio moved by `shift_seconds`: what leaves at one end is lost, zeros come in at the other.

    >>> audio = Audio(np.float32([[1, 2, 3, 4]]), 2)
    >>> TimeShift(shift_seconds=0.5).transform(audio, Draws(0, "time_shift", 0, "key", 1)).samples.tolist()
    [[0.0, 1.0, 2.0, 3.0]]
    """

    name: ClassVar[str] = "time_shift"
    version: ClassVar[int] = 1
    shown = ({"time_shift": {"shift_seconds": {"uniform": [0.1, 0.3]}, "act_on": "all"}},)

    shift_seconds: Annotated[Random, within(-3600, 3600)] = Field(
        description="How much later, between -3600 and 3600; negative is earlier."
    )

    def transform(self, value: Audio, draws: Draws) -> Audio:
        shift, length = (
            round(draws.number("shift_seconds", self.shift_seconds) * value.sample_rate),
            value.samples.shape[1],
        )
        kept = max(0, length - abs(shift))
        samples = np.empty(value.samples.shape, np.float32)
        if shift >= 0:
            samples[:, : length - kept] = 0
            samples[:, length - kept :] = value.samples[:, :kept]
        else:
            samples[:, :kept] = value.samples[:, length - kept :]
            samples[:, kept:] = 0
        return Audio(samples, value.sample_rate)
