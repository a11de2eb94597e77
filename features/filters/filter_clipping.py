"""FilterClipping: leaves out what was recorded too loud, by the share of samples that stand at full scale.

One sample at full scale may be a peak; several in a row are a wave whose top was cut off. This is how converters and
editors count it.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Audio, Example
from features.filters.filter import Filter
from features.signal.levels import amplitude


class FilterClipping(Filter):
    """The example as it is where at most `max_share` of the samples are clipped; the notes keep `clipped_share`.

    >>> clipped_share(np.float32([[0, 1, 1, 1, 0, -1, 0, 1]]), 0.99, 2)
    0.375
    """

    name: ClassVar[str] = "filter_clipping"
    version: ClassVar[int] = 1

    max_share: float = Field(0.001, ge=0, lt=1, description="Largest share of clipped samples that stays, of 1.")
    level_db: float = Field(-0.1, ge=-60, le=0, description="What counts as full scale, in dB relative to it.")
    min_run: int = Field(3, ge=1, description="Samples in a row at full scale that count as clipped.")

    def problem(self, audio: Audio, example: Example, draws: Draws) -> str | None:
        found = clipped_share(audio.samples, amplitude(self.level_db), self.min_run)
        draws.remember("clipped_share", round(found, 6))
        return f"{found:.3%} of it is clipped; max_share is {self.max_share:.3%}" if found > self.max_share else None


def clipped_share(samples: NDArray[np.float32], level: float, run: int) -> float:
    """The share of samples in runs of `run` or more whose magnitude is `level` at least; of the worst channel."""
    return max((_clipped(channel, level, run) / max(1, samples.shape[1]) for channel in samples), default=0.0)


def _clipped(signal: NDArray[np.float32], level: float, run: int) -> int:
    high, low = signal >= level, signal <= -level
    return sum(_in_runs(at_scale, run) for at_scale in (high, low))


def _in_runs(marked: NDArray[np.bool_], run: int) -> int:
    edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= run].sum())
