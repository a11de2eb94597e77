"""Segment: one recording cut into windows of one length, an example for each, for models of a fixed input and for long
recordings; parts.py says what becomes of pairs, texts and labels.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from features.draws import Draws
from features.example import Example
from features.signal.parts import PartsStage, Span, scaled_length
from features.stage import AudioShape, Filtered, Outcome


class Segment(PartsStage):
    """Examples, one for each window of `seconds`, each beginning `seconds - overlap_seconds` after the one before.

    The notes of a part say its `start_seconds`; the text stays with a recording that has one part, and is dropped where
    there are more.
    """

    name: ClassVar[str] = "segment"
    version: ClassVar[int] = 1
    shown = ({"segment": {"seconds": 0.8, "overlap_seconds": 0.2, "rest": "pad"}},)

    seconds: float = Field(gt=0, le=86400, description="Length of a window; at least one sample.")
    overlap_seconds: float = Field(0.0, ge=0, description="How much of a window the next one holds too.")
    rest: Literal["keep", "drop", "pad"] = Field(
        "keep",
        description="What becomes of the end where it fills no window: a shorter part, nothing, or a part with zeros "
        "behind it. So too for a recording that is shorter than a window.",
    )

    @model_validator(mode="after")
    def _moves_on(self) -> Self:
        if self.overlap_seconds >= self.seconds:
            raise ValueError(f"overlap_seconds {self.overlap_seconds:g} must be less than seconds {self.seconds:g}")
        return self

    def part_samples(self, before: AudioShape, shape: AudioShape) -> int | None:
        if self.rest == "keep" or before.sample_rate is None or shape.sample_rate is None:
            return None
        return scaled_length(self._lengths(before.sample_rate)[0], before.sample_rate, shape.sample_rate)

    def apply(self, example: Example, draws: Draws) -> Outcome:
        value = example.audio(self.of)
        samples = value.samples.shape[1]
        spans = self._spans(samples, *self._lengths(value.sample_rate))
        return self.parts(example, spans) if spans else Filtered(f"shorter than a window of {self.seconds:g} s")

    def _lengths(self, sample_rate: int) -> tuple[int, int]:
        """A window, and from one to the next, in samples."""
        window = max(1, round(self.seconds * sample_rate))
        return window, max(1, window - round(self.overlap_seconds * sample_rate))

    def _spans(self, samples: int, window: int, hop: int) -> list[Span]:
        count = max(0, 1 + (samples - window) // hop)
        spans = [(number * hop, number * hop + window) for number in range(count)]
        covered = spans[-1][1] if spans else 0
        if self.rest != "drop" and samples > covered:
            start = count * hop
            spans.append((start, start + window if self.rest == "pad" else samples))
        return spans
