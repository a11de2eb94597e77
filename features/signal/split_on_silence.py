"""SplitOnSilence: one recording cut into its sounds, an example for each: utterances out of hours. What is loud is said
in silence.py, what becomes of pairs, texts and labels in parts.py.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.draws import Draws
from features.example import Example
from features.signal.parts import PartsStage, Span
from features.signal.silence import SilenceStage
from features.stage import Filtered, Outcome, Rejected


class SplitOnSilence(SilenceStage, PartsStage):
    """Examples, one for each stretch of loud frames; a recording of nothing but silence is filtered.

    With several channels, a frame is loud when one of them is. The notes of a part say its `start_seconds`; the text
    stays with a recording that has one part, and is dropped where there are more.
    """

    name: ClassVar[str] = "split_on_silence"
    version: ClassVar[int] = 1
    shown = ({"split_on_silence": {"top_db": 30, "min_silence_seconds": 0.2}},)

    min_silence_seconds: float = Field(0.3, ge=0, le=3600, description="Shorter silence is no place to cut.")
    min_seconds: float = Field(0.1, ge=0, le=3600, description="Shorter sounds are left out.")
    keep_seconds: float = Field(0.05, ge=0, le=1800, description="How much silence is kept before and after a sound.")

    @model_validator(mode="after")
    def _parts_do_not_overlap(self) -> Self:
        if 2 * self.keep_seconds > self.min_silence_seconds:
            raise ValueError(
                f"keep_seconds {self.keep_seconds:g} may be at most half of min_silence_seconds "
                f"{self.min_silence_seconds:g}, or parts would overlap"
            )
        return self

    def apply(self, example: Example, draws: Draws) -> Outcome:
        value = example.audio(self.of)
        loud = self.loud(value)
        if isinstance(loud, (Filtered, Rejected)):
            return loud
        rate, length = value.sample_rate, value.samples.shape[1]
        keep, shortest = round(self.keep_seconds * rate), self.min_seconds * rate
        sounds = _sounds(loud, self.hop_length(rate), length, self.min_silence_seconds * rate)
        spans = [(max(0, a - keep), min(length, b + keep)) for a, b in sounds if b - a >= shortest]
        return self.parts(example, spans) if spans else Filtered(f"no sound of {self.min_seconds:g} s")


def _sounds(loud: NDArray[np.bool_], hop_length: int, samples: int, min_silence: float) -> list[Span]:
    """Stretches of loud frames in samples, those closer to each other than `min_silence` joined.

    >>> _sounds(np.array([True, False, True, False, False, True]), 10, 55, 15)
    [(0, 30), (50, 55)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(np.int8), [0]]))) * hop_length
    found: list[Span] = []
    for start, stop in np.minimum(edges, samples).reshape(-1, 2).tolist():
        if found and start - found[-1][1] < min_silence:
            found[-1] = found[-1][0], stop
        elif start < stop:
            found.append((start, stop))
    return found
