"""FilterDuration: leaves out what is too short to learn from, or too long for a batch."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from features.draws import Draws
from features.example import Audio, Example
from features.filters.filter import Filter, limits, outside


class FilterDuration(Filter):
    """The example as it is where min_seconds <= duration <= max_seconds.

    >>> import numpy as np
    >>> short = Example("key", arrays={"audio": Audio(np.zeros((1, 4000), np.float32), 8000)})
    >>> FilterDuration(min_seconds=1).apply(short, Draws(0, "filter_duration", 0, "key", 0))
    Filtered(reason='0.50 s; min_seconds is 1')
    """

    name: ClassVar[str] = "filter_duration"
    version: ClassVar[int] = 1
    shown = ({"filter_duration": {"min_seconds": 0.5, "max_seconds": 20}},)

    min_seconds: float | None = Field(None, ge=0, description="Shortest duration that stays, in seconds.")
    max_seconds: float | None = Field(None, gt=0, description="Longest duration that stays, in seconds.")

    @model_validator(mode="after")
    def _fits(self) -> FilterDuration:
        if self.min_seconds is None and self.max_seconds is None:
            raise ValueError("give min_seconds, max_seconds or both")
        if self.min_seconds is not None and self.max_seconds is not None and self.min_seconds > self.max_seconds:
            raise ValueError("min_seconds is above max_seconds, so nothing would stay")
        return self

    def problem(self, audio: Audio, example: Example, draws: Draws) -> str | None:
        if not outside(audio.seconds, self.min_seconds, self.max_seconds):
            return None
        return f"{audio.seconds:.2f} s; {limits('min_seconds', self.min_seconds, 'max_seconds', self.max_seconds)}"
