"""Filter: what all filters share. They judge what a store is made of, so none of them acts when a model predicts."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example
from features.stage import PREDICT, AudioShape, Filtered, Outcome, Shape, Shapes, Stage


class Filter(Stage):
    """A stage that passes an example on unchanged, or leaves it out for what its waveform is like.

    Subclasses implement `problem`; what they measured they remember, so that the index keeps it.
    """

    of: str = Field("audio", description="Name of the waveform that is judged.")

    def acts_on(self, split: str, copy: int) -> bool:
        return split != PREDICT

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        if not isinstance(shapes.get(self.of), AudioShape):
            known = ", ".join(shapes) or "none yet; start with decode"
            raise ChainError(f"{self.name} reads a waveform, and {self.of!r} is none (there: {known})", "of")
        return dict(shapes)

    @abstractmethod
    def problem(self, audio: Audio, example: Example, draws: Draws) -> str | None:
        """Why the example is left out, with the numbers; None where it is not."""

    def apply(self, example: Example, draws: Draws) -> Outcome:
        problem = self.problem(example.audio(self.of), example, draws)
        return example if problem is None else Filtered(problem)


def outside(value: float, least: float | None, most: float | None) -> bool:
    """Whether a value lies below `least` or above `most`; None is no limit."""
    return (least is not None and value < least) or (most is not None and value > most)


def limits(low: str, least: float | None, high: str, most: float | None) -> str:
    """Limits as a reason names them.

    >>> limits("min_seconds", 1, "max_seconds", None)
    'min_seconds is 1'
    """
    set_ = [(name, value) for name, value in ((low, least), (high, most)) if value is not None]
    return ", ".join(f"{name} is {value:g}" for name, value in set_)


def frame_power(audio: Audio, seconds: float) -> NDArray[np.float64]:
    """The mean square of each stretch of that length, (frames,), of all channels together.

    Stretches follow one another without overlap; samples behind the last whole one are left out, unless there is none.
    """
    samples = audio.samples
    length = min(max(1, round(seconds * audio.sample_rate)), max(1, samples.shape[1]))
    count = samples.shape[1] // length
    frames = samples[:, : count * length].reshape(samples.shape[0], count, length)
    power: NDArray[np.float64] = np.einsum("cfn,cfn->f", frames, frames, dtype=np.float64)
    power /= length * max(1, samples.shape[0])
    return power
