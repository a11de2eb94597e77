"""Polarity: the sign of every sample, as when the two wires of a microphone are swapped: nobody hears it, and models
may.
"""

from __future__ import annotations

from typing import ClassVar

from features.draws import Draws
from features.example import Audio
from features.stage import AudioShape, Augmentation
from features.streaming import Pointwise, Stream


class Polarity(Augmentation):
    """Audio times -1, in every channel; `probability: 0.5` makes either sign as likely.

    >>> import numpy as np
    >>> audio = Audio(np.float32([[0.5, -1.0]]), 8000)
    >>> Polarity().transform(audio, Draws(0, "polarity", 0, "key", 1)).samples.tolist()
    [[-0.5, 1.0]]
    """

    name: ClassVar[str] = "polarity"
    version: ClassVar[int] = 1
    shown = ({"polarity": {"act_on": "all"}},)

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        return Pointwise(lambda samples: -samples, before.channels)

    def transform(self, value: Audio, draws: Draws) -> Audio:
        return Audio(-value.samples, value.sample_rate)
