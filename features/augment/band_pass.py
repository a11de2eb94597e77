"""BandPass: what a narrow line leaves, by a Butterworth filter, whose pass band is as flat as can be (Butterworth,
1930); filtering.py says how it is run.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.augment.filtering import Filter, butterworth
from features.draws import Draws, Random, bounds, within


class BandPass(Filter):
    """Audio with what lies outside `low_hz` to `high_hz` made softer: by 3 dB at the edges.

    Further out it is softer by 6 dB times `order` for each octave.
    """

    name: ClassVar[str] = "band_pass"
    version: ClassVar[int] = 1
    shown = ({"band_pass": {"low_hz": 500, "high_hz": 2000, "act_on": "all"}},)
    hz: ClassVar[tuple[str, ...]] = ("low_hz", "high_hz")

    low_hz: Annotated[Random, within(1, 1e6)] = Field(
        description="Lower edge in Hz; below `high_hz`, whatever is drawn."
    )
    high_hz: Annotated[Random, within(1, 1e6)] = Field(description="Upper edge in Hz; below half the sample rate.")
    order: int = Field(4, ge=1, le=12, description="How steep each side is: 6 dB per octave for each.")

    @model_validator(mode="after")
    def _a_band(self) -> BandPass:
        if bounds(self.low_hz)[1] >= bounds(self.high_hz)[0]:
            raise ValueError("every low_hz that can be drawn must lie below every high_hz")
        return self

    def sections(self, hz: list[float], sample_rate: int, draws: Draws) -> NDArray[np.float64]:
        return butterworth(self.order, (hz[0], hz[1]), "bandpass", sample_rate)
