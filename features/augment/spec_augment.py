"""SpecAugment: bands and spans of a spectrogram are masked, so that a model relies on none of them (Park et al.,
Interspeech 2019, section 2).

A frequency mask covers f bins, f drawn from 0 to F, beginning anywhere from 0 to bins - f; a time mask t frames, t
drawn from 0 to T, and never more than the fraction p of all. The paper's time warping, which it finds to help least,
is left out.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.example import Features
from features.stage import Augmentation


class SpecAugment(Augmentation):
    """Features, (frames, bins), with masks over them; the defaults are the paper's policy LD.

    The notes hold where each mask begins and how much it covers: `frequency_masks` in bins, `time_masks` in frames.
    """

    name: ClassVar[str] = "spec_augment"
    version: ClassVar[int] = 1
    reads = Features
    shown = ({"log_mel": {}}, {"spec_augment": {"act_on": "all", "time_width": 40}})

    of: str = Field("log_mel", description="Name of the features that are read.")
    frequency_masks: int = Field(2, ge=0, le=1000, description="How many bands are masked.")
    frequency_width: int = Field(27, ge=0, description="Most bins that a band covers, F.")
    time_masks: int = Field(2, ge=0, le=1000, description="How many spans are masked.")
    time_width: int = Field(100, ge=0, description="Most frames that a span covers, T.")
    max_time_fraction: float = Field(1.0, ge=0, le=1, description="Most of all frames that one span covers, p.")
    fill: Literal["mean", "zero"] = Field(
        "mean", description="What the masks hold: the mean of the example's features before, or zero."
    )

    def transform(self, value: Features, draws: Draws) -> Features:
        count, bins = value.frames.shape
        longest = min(self.time_width, int(self.max_time_fraction * count))
        bands = [_mask(draws.rng, bins, min(self.frequency_width, bins)) for _ in range(self.frequency_masks)]
        spans = [_mask(draws.rng, count, longest) for _ in range(self.time_masks)]
        draws.remember("frequency_masks", bands)
        draws.remember("time_masks", spans)
        frames = value.frames.copy(order="C")
        fill = value.frames.mean(dtype=np.float64) if self.fill == "mean" and frames.size else 0
        for start, width in bands:
            frames[:, start : start + width] = fill
        for start, width in spans:
            frames[start : start + width] = fill
        return Features(frames, value.frame_rate)


def _mask(rng: np.random.Generator, length: int, longest: int) -> list[int]:
    """Where a mask begins, and how much it covers."""
    width = int(rng.integers(0, longest + 1))
    return [int(rng.integers(0, length - width + 1)), width]
