"""DcOffset: takes away what a converter or a sound card adds to every sample alike.

y = x - mean(x), the mean of each channel over the whole recording.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from features.draws import Draws
from features.example import Audio
from features.signal.levels import finite
from features.stage import Rejected, Transform

_SMALL = 1e36  # the square of less than half a step between the largest numbers of float32, which it leaves as they are


class DcOffset(Transform):
    """Audio whose channels have a mean of zero each.

    >>> audio = Audio(np.float32([[1, 2, 3]]), 8000)
    >>> DcOffset().transform(audio, Draws(0, "dc_offset", 0, "key", 0)).samples.tolist()
    [[-1.0, 0.0, 1.0]]
    """

    name: ClassVar[str] = "dc_offset"
    version: ClassVar[int] = 1

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        if not value.samples.size:
            return value
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.add.reduce(value.samples, axis=1, keepdims=True)
            mean /= value.samples.shape[1]
            centred = Audio(np.subtract(value.samples, mean, order="C"), value.sample_rate)
            squares = np.vdot(mean, mean)
        return centred if squares < _SMALL else finite(centred)
