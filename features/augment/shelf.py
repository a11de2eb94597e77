"""Shelf: all that lies below or above a frequency made louder or softer, as by a tone control; filtering.py says how it
is run.

Bristow-Johnson, Cookbook formulae for audio equalizer biquad filter coefficients, lowShelf and highShelf, with the
shelf slope S = 1: A = 10^(gain_db / 40), w = 2 pi f / sample_rate, alpha = sin(w) / sqrt(2).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.augment.filtering import Filter
from features.draws import Draws, Random, within


class Shelf(Filter):
    """Audio with all that lies on one `side` of `cutoff_hz` louder by `gain_db`; at the cutoff, by half as many dB."""

    name: ClassVar[str] = "shelf"
    version: ClassVar[int] = 1
    shown = ({"shelf": {"side": "low", "cutoff_hz": 500, "gain_db": -12, "act_on": "all"}},)

    side: Literal["low", "high"] = Field(description="Whether what lies below the cutoff changes, or what lies above.")
    cutoff_hz: Annotated[Random, within(1, 1e6)] = Field(
        description="Middle of the slope in Hz; below half the sample rate."
    )
    gain_db: Annotated[Random, within(-60, 60)] = Field(description="The gain of the shelf in dB, between -60 and 60.")

    def sections(self, hz: list[float], sample_rate: int, draws: Draws) -> NDArray[np.float64]:
        return shelf(self.side, hz[0], draws.number("gain_db", self.gain_db), sample_rate)


def shelf(side: Literal["low", "high"], cutoff_hz: float, gain_db: float, sample_rate: int) -> NDArray[np.float64]:
    """The one section (1, 6) of a shelf: b0, b1, b2, a0 = 1, a1, a2.

    >>> shelf("low", 500, 0.0, 8000).round(4).tolist()
    [[1.0, -1.4542, 0.5741, 1.0, -1.4542, 0.5741]]
    """
    a = 10 ** (gain_db / 40)
    w = 2 * np.pi * cutoff_hz / sample_rate
    sign = 1 if side == "low" else -1  # the high shelf is the low one mirrored about a quarter of the sample rate
    cos, root = sign * np.cos(w), np.sqrt(2 * a) * np.sin(w)  # root is 2 sqrt(A) alpha
    up, down = a + 1 + (a - 1) * cos, a + 1 - (a - 1) * cos
    zeros = [a * (down + root), 2 * sign * a * (a - 1 - (a + 1) * cos), a * (down - root)]
    poles = [up + root, -2 * sign * (a - 1 + (a + 1) * cos), up - root]
    sections: NDArray[np.float64] = np.array([zeros + poles]) / poles[0]
    return sections
