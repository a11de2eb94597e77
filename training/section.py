"""Section: the base of every part of a training configuration."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """Unknown keys are errors, and the text under a field is its description."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Losses(Section):
    """How much each of some losses counts, all of them fields; 0 leaves one out, and one at least stays."""

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if not any(weight for _, weight in self):
            raise ValueError("nothing is to be made small: give one of the losses a weight")
        return self
