"""TimeMask: a piece of the waveform is missing, as when packets are lost."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from features.draws import Draws, Random, within
from features.example import Audio
from features.stage import Augmentation


class TimeMask(Augmentation):
    """Audio with a piece of it set to zero, in every channel; the piece begins anywhere, and lies inside as a whole.

    >>> import numpy as np
    >>> audio = Audio(np.ones((1, 4), np.float32), 8000)
    >>> TimeMask(fraction=0.5).transform(audio, Draws(0, "time_mask", 0, "key", 1)).samples.tolist()
    [[1.0, 1.0, 0.0, 0.0]]
    """

    name: ClassVar[str] = "time_mask"
    version: ClassVar[int] = 1
    shown = ({"time_mask": {"fraction": {"uniform": [0.1, 0.2]}, "act_on": "all"}},)

    fraction: Annotated[Random, within(0, 1)] = Field(
        description="Length of the piece as a part of the recording's, between 0 and 1."
    )

    def transform(self, value: Audio, draws: Draws) -> Audio:
        samples = value.samples.copy(order="C")
        length = round(draws.number("fraction", self.fraction) * samples.shape[1])
        start = draws.integer("offset_samples", 0, samples.shape[1] - length + 1)
        samples[:, start : start + length] = 0
        return Audio(samples, value.sample_rate)
