"""FilterTextLength: leaves out texts that are too short or too long."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from features.filters.filter import limits, outside
from features.stage import Filtered, TextStage


class FilterTextLength(TextStage):
    """The text as it is where the numbers of its characters and words are within the limits.

    >>> FilterTextLength(max_words=2).rewrite("one two three")
    Filtered(reason='3 words; min_words is 1, max_words is 2')
    """

    name: ClassVar[str] = "filter_text_length"
    version: ClassVar[int] = 1

    min_characters: int | None = Field(None, ge=0, description="Fewest characters that stay, spaces included.")
    max_characters: int | None = Field(None, ge=1, description="Most characters that stay, spaces included.")
    min_words: int | None = Field(1, ge=0, description="Fewest words, between spaces, that stay.")
    max_words: int | None = Field(None, ge=1, description="Most words that stay.")

    @model_validator(mode="after")
    def _fits(self) -> FilterTextLength:
        for unit in ("characters", "words"):
            least, most = getattr(self, f"min_{unit}"), getattr(self, f"max_{unit}")
            if least is not None and most is not None and least > most:
                raise ValueError(f"min_{unit} is above max_{unit}, so nothing would stay")
        return self

    def rewrite(self, text: str) -> str | Filtered:
        for unit, count in (("characters", len(text)), ("words", len(text.split()))):
            least, most = getattr(self, f"min_{unit}"), getattr(self, f"max_{unit}")
            if outside(count, least, most):
                return Filtered(f"{count} {unit}; {limits(f'min_{unit}', least, f'max_{unit}', most)}")
        return text
