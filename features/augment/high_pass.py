"""HighPass: the bass taken away, as by a small loudspeaker, with a Butterworth filter, whose pass band is as flat as
can be (Butterworth, Experimental Wireless, 1930); filtering.py says how it is run.

|H(f)|^2 = 1 / (1 + (f_c / f)^(2 order)), bent to the sample rate by the bilinear transform.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.augment.filtering import Filter, butterworth
from features.draws import Draws, Random, within


class HighPass(Filter):
    """Audio with what lies below `cutoff_hz` made softer: by 3 dB at it, and by 6 dB times `order` an octave."""

    name: ClassVar[str] = "high_pass"
    version: ClassVar[int] = 1
    shown = ({"high_pass": {"cutoff_hz": 500, "act_on": "all"}},)

    cutoff_hz: Annotated[Random, within(1, 1e6)] = Field(
        description="Frequency in Hz that is 3 dB softer; below half the sample rate."
    )
    order: int = Field(4, ge=1, le=12, description="How steep it is: 6 dB per octave for each.")

    def sections(self, hz: list[float], sample_rate: int, draws: Draws) -> NDArray[np.float64]:
        return butterworth(self.order, hz[0], "highpass", sample_rate)
