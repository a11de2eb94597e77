"""FilterSpeakingRate: leaves out what would have to be spoken faster, or slower, than anybody does.

A transcript that does not belong to its recording, or only to a part of it, gives a rate that nobody speaks at: people
read 10 to 20 characters a second in most alphabetic scripts.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from features.draws import Draws
from features.example import Audio, Example
from features.filters.filter import Filter, limits, outside
from features.stage import Outcome, Rejected


class FilterSpeakingRate(Filter):
    """The example as it is where the rate of its text is within the limits; the notes keep it, `per_second`."""

    name: ClassVar[str] = "filter_speaking_rate"
    version: ClassVar[int] = 1

    unit: Literal["characters", "words"] = Field(
        "characters", description="What is counted: characters other than spaces, or words between spaces."
    )
    min_per_second: float | None = Field(3.0, ge=0, description="Slowest rate that stays, units per second of audio.")
    max_per_second: float | None = Field(30.0, gt=0, description="Fastest rate that stays, units per second of audio.")

    @model_validator(mode="after")
    def _fits(self) -> FilterSpeakingRate:
        least, most = self.min_per_second, self.max_per_second
        if least is not None and most is not None and least > most:
            raise ValueError("min_per_second is above max_per_second, so nothing would stay")
        return self

    def apply(self, example: Example, draws: Draws) -> Outcome:
        return super().apply(example, draws) if example.text is not None else Rejected("it has no text")

    def problem(self, audio: Audio, example: Example, draws: Draws) -> str | None:
        assert example.text is not None  # see apply
        words = example.text.split()
        count = len(words) if self.unit == "words" else sum(map(len, words))
        if not audio.samples.size:
            return f"{count} {self.unit} in 0 s"
        rate = count / audio.seconds
        draws.remember("per_second", round(rate, 2))
        if not outside(rate, self.min_per_second, self.max_per_second):
            return None
        allowed = limits("min_per_second", self.min_per_second, "max_per_second", self.max_per_second)
        return f"{rate:.1f} {self.unit} per second; {allowed}"
