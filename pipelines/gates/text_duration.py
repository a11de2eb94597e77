"""text_duration: transcripts that are too long or too short for their recordings.

The measure is the modified z-score of Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993), section 3:

    z = 0.6745 (x - median) / MAD,    x = log(characters per second)

with the median absolute deviation from the median, which the outliers themselves do not move. Both come from a
histogram of x with a hundred bins to the unit, so that memory does not grow with the corpus.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipelines.gates.gate import EXAMPLES, Gate, Look, Problem, share
from pipelines.units import Fraction

_BINS_PER_UNIT, _LOWEST, _HIGHEST = 100, -12.0, 12.0


class TextDuration(Gate):
    """Few recordings have a rate of characters per second that is far from the others'."""

    name: ClassVar[str] = "text_duration"

    max_z: float = Field(6.0, gt=0, description="Modified z-score beyond which a rate is an outlier, either way.")
    max_share: Fraction = Field(0.0, description="Share of the recordings with a text that may be outliers.")

    def check(self, look: Look) -> Problem | None:
        counts = np.zeros(round((_HIGHEST - _LOWEST) * _BINS_PER_UNIT), np.int64)
        for _, _, rate in _rates(look):
            counts[_bin(rate)] += 1
        total = int(counts.sum())
        if not total:
            return Problem(self.name, "no recording has a text")
        median = _middle(counts)
        spread = max(1, _middle(np.bincount(np.abs(np.arange(len(counts)) - median), counts).astype(np.int64)))
        worst: list[tuple[float, str, str]] = []
        outliers = 0
        for key, text, rate in _rates(look):
            z = 0.6745 * (_bin(rate) - median) / spread
            if abs(z) > self.max_z:
                outliers += 1
                found = (abs(z), key, f"{key}: {math.exp(rate):.1f} characters a second, z = {z:.1f}: {text!r}")
                (heapq.heappush if len(worst) < EXAMPLES else heapq.heappushpop)(worst, found)
        if outliers <= self.max_share * total:
            return None
        usual = math.exp(_LOWEST + (median + 0.5) / _BINS_PER_UNIT)
        low, high = (usual * math.exp(sign * self.max_z / 0.6745 * spread / _BINS_PER_UNIT) for sign in (-1, 1))
        return Problem(
            self.name,
            f"{outliers} of {total} texts do not fit the duration of their recordings "
            f"({share(outliers, total)}, {self.max_share:.2%} allowed)",
            [("characters a second", "allowed from", "to"), (f"{usual:.1f}", f"{low:.1f}", f"{high:.1f}")],
            [example for _, _, example in sorted(worst, reverse=True)],
            "listen to these: transcripts of something else? filter_speaking_rate leaves them out",
        )


def _rates(look: Look) -> Iterator[tuple[str, str, float]]:
    """Key, start of the text, and log of characters per second."""
    for row in look.recordings(["text", "seconds"]):
        if row["text"] is not None and row["seconds"]:
            rate = len(row["text"]) / row["seconds"]
            yield row["key"], row["text"][:40], math.log(rate) if rate else _LOWEST


def _bin(rate: float) -> int:
    return int((min(max(rate, _LOWEST), math.nextafter(_HIGHEST, 0)) - _LOWEST) * _BINS_PER_UNIT)


def _middle(counts: NDArray[np.int64]) -> int:
    """The bin of the median."""
    return int(np.searchsorted(np.cumsum(counts), (counts.sum() + 1) // 2))
