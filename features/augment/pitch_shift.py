"""PitchShift: higher or lower at the same tempo: stretched by a phase vocoder (see phase_vocoder.py), then resampled to
the old length.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from features.augment.phase_vocoder import stretched
from features.draws import Draws, Random, within
from features.example import Audio
from features.signal.levels import finite
from features.signal.resample import resample
from features.stage import Augmentation, Rejected


class PitchShift(Augmentation):
    """Audio whose every frequency is times 2^(semitones / 12), as long as before. Formants move along.

    >>> import numpy as np
    >>> audio = Audio(np.zeros((1, 1000), np.float32), 8000)
    >>> PitchShift(semitones=7).transform(audio, Draws(0, "pitch_shift", 0, "key", 1)).samples.shape
    (1, 1000)
    """

    name: ClassVar[str] = "pitch_shift"
    version: ClassVar[int] = 1
    shown = ({"pitch_shift": {"semitones": {"choice": [-3, 4]}, "act_on": "all"}},)

    semitones: Annotated[Random, within(-24, 24)] = Field(
        description="How much higher, between -24 and 24; negative is lower, 12 are an octave."
    )

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        before = value.samples.shape[1]
        length = round(before * 2 ** (draws.number("semitones", self.semitones) / 12))
        if not length:
            return Rejected(f"{before} samples are too few to shift their pitch")
        if length == before:
            return value
        longer = stretched(value.samples, value.sample_rate, length)
        return finite(Audio(resample(longer, length, before), value.sample_rate))
