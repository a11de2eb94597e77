"""Distort: soft clipping by a hyperbolic tangent, as an amplifier does that is driven too hard.

y = tanh(g x / peak), with the drive g = 10^(drive_db / 20), and then as loud as before.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from features.draws import Draws, Random, within
from features.example import Audio
from features.signal.levels import SILENCE, amplitude, finite, peak, rms, scaled
from features.stage import Augmentation, Rejected


class Distort(Augmentation):
    """Audio bent by tanh, at the RMS level that it had; the drive says how far its peak is beyond the straight part.

    At -20 dB hardly anything changes, at 0 dB the peak is bent by a quarter, at 40 dB all is cut. Silence stays as it
    is.
    """

    name: ClassVar[str] = "distort"
    version: ClassVar[int] = 1
    shown = ({"distort": {"drive_db": 20, "act_on": "all"}},)

    drive_db: Annotated[Random, within(-60, 60)] = Field(
        description="Level of the peak before the tangent in dB, relative to 1; between -60 and 60."
    )

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        drive = amplitude(draws.number("drive_db", self.drive_db))
        level, highest = rms(value.samples), peak(value.samples)
        if level < SILENCE:
            return value
        bent = np.tanh(value.samples / np.float32(highest) * np.float32(drive)) / np.float32(np.tanh(drive))
        return finite(Audio(scaled(bent, level / rms(bent)), value.sample_rate))
