"""Gain: louder or softer, so that a model does not rely on how far away a microphone was."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from features.draws import Draws, Random, within
from features.example import Audio
from features.signal.levels import amplitude, finite, scaled
from features.stage import AudioShape, Augmentation, Rejected
from features.streaming import Pointwise, Stream, all_finite


class Gain(Augmentation):
    """Audio times 10^(gain_db / 20). Nothing is clipped: float samples may go beyond full scale.

    >>> import numpy as np
    >>> audio = Audio(np.float32([[0.5, -1.0]]), 8000)
    >>> Gain(gain_db=-20).transform(audio, Draws(0, "gain", 0, "key", 1)).samples.tolist()
    [[0.05000000074505806, -0.10000000149011612]]
    """

    name: ClassVar[str] = "gain"
    version: ClassVar[int] = 1
    shown = ({"gain": {"gain_db": {"uniform": [-12, -6]}, "act_on": "all"}},)

    gain_db: Annotated[Random, within(-100, 100)] = Field(description="The gain in dB, between -100 and 100.")

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        gain = amplitude(draws.number("gain_db", self.gain_db))
        return Pointwise(lambda samples: all_finite(scaled(samples, gain)), before.channels)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        gain = amplitude(draws.number("gain_db", self.gain_db))
        louder = Audio(scaled(value.samples, gain), value.sample_rate)
        return finite(louder) if gain > 1 else louder
