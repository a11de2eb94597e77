"""Random parameters: how a recipe writes a distribution, and a generator that remembers what it gave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from features.seeds import generator


class _Distribution(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(_Distribution):
    """One of the values, each as likely as the others."""

    choice: tuple[float, ...] = Field(min_length=1)

    def draw(self, rng: np.random.Generator) -> float:
        return self.choice[int(rng.integers(len(self.choice)))]

    def bounds(self) -> tuple[float, float]:
        return min(self.choice), max(self.choice)


class Uniform(_Distribution):
    """Any value from a to b, each as likely."""

    uniform: tuple[float, float]

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if not self.uniform[0] <= self.uniform[1]:
            raise ValueError(f"uniform runs from low to high, got {list(self.uniform)}")
        return self

    def draw(self, rng: np.random.Generator) -> float:
        return float(rng.uniform(*self.uniform))

    def bounds(self) -> tuple[float, float]:
        return self.uniform


class LogUniform(_Distribution):
    """Any value from a to b, each octave as likely."""

    log_uniform: tuple[float, float]

    @model_validator(mode="after")
    def _ordered(self) -> LogUniform:
        if not 0 < self.log_uniform[0] <= self.log_uniform[1]:
            raise ValueError(f"log_uniform runs from low to high above 0, got {list(self.log_uniform)}")
        return self

    def draw(self, rng: np.random.Generator) -> float:
        low, high = self.log_uniform
        return float(math.exp(rng.uniform(math.log(low), math.log(high))))

    def bounds(self) -> tuple[float, float]:
        return self.log_uniform


def _kind(value: Any) -> str | None:
    if isinstance(value, _Distribution):
        return next(iter(type(value).model_fields))
    if isinstance(value, Mapping):
        return next((name for name in ("choice", "uniform", "log_uniform") if name in value), None)
    return "number"


Random = Annotated[
    Annotated[float, Tag("number")]
    | Annotated[Choice, Tag("choice")]
    | Annotated[Uniform, Tag("uniform")]
    | Annotated[LogUniform, Tag("log_uniform")],
    Discriminator(
        _kind,
        custom_error_type="distribution",
        custom_error_message="write a number, {choice: [..]}, {uniform: [a, b]} or {log_uniform: [a, b]}",
    ),
]
"""A number, or the distribution that it is drawn from."""


def bounds(value: float | Choice | Uniform | LogUniform) -> tuple[float, float]:
    """The smallest and the largest value that can be drawn."""
    return (value, value) if isinstance(value, (int, float)) else value.bounds()


@dataclass(frozen=True)
class Interval:
    """The check that every value that can be drawn lies in [low, high]."""

    low: float
    high: float

    def __call__(self, value: Any) -> Any:
        smallest, largest = bounds(value)
        if not (self.low <= smallest and largest <= self.high):
            raise ValueError(f"must lie between {self.low:g} and {self.high:g}")
        return value


def within(low: float, high: float) -> AfterValidator:
    """Annotated[Random, within(low, high)]: every value that can be drawn lies in [low, high]."""
    return AfterValidator(Interval(low, high))


class Draws:
    """The generator of one stage for one example; what it gave by name is in `taken`.

    Seeded by what identifies the draw (see features.seeds), never by worker, position or clock; made on
    the first draw, since most stages draw nothing.
    """

    def __init__(self, seed: int, stage: str, occurrence: int, key: str, copy: int, part: int = 0) -> None:
        self._identity = (seed, stage, occurrence, key, copy, part)
        self._rng: np.random.Generator | None = None
        self.taken: dict[str, Any] = {}

    @property
    def rng(self) -> np.random.Generator:
        """The numpy generator itself, for draws that nobody needs to read later."""
        if self._rng is None:
            self._rng = generator(*self._identity)
        return self._rng

    def number(self, name: str, value: float | Choice | Uniform | LogUniform) -> float:
        """A value of the parameter; only what was really drawn is remembered."""
        if isinstance(value, (int, float)):
            return float(value)
        self.taken[name] = drawn = value.draw(self.rng)
        return drawn

    def integer(self, name: str, low: int, high: int) -> int:
        """An integer with low <= value < high, remembered."""
        self.taken[name] = drawn = int(self.rng.integers(low, high))
        return drawn

    def remember(self, name: str, value: Any) -> None:
        """Keeps a fact (JSON) beside the draws: the clip that was picked, the SNR that came out."""
        self.taken[name] = value
