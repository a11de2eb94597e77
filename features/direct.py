"""Direct: one stage on an array, from Python, without a recipe. The result draws itself in a notebook."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.catalog import stage_class
from features.chain import Chain, Stopped
from features.errors import FeatureError
from features.example import Array, Audio, Example, Features, Tokens
from features.fitting import fit
from features.pictures import describe, picture
from features.resources import Resources
from features.showing.notebook import player_tag
from features.stage import AudioShape, FeatureShape, Shape, Stage, TextStage, TokenShape, Transform


class Shown(np.ndarray[Any, Any]):
    """An array that knows what it is: samples, frames or tokens, in `value`. Notebooks show its picture and sound."""

    value: Array | None = None
    name: str = ""

    @classmethod
    def of(cls, name: str, value: Array, array: NDArray[Any]) -> Shown:
        shown = array.view(cls)
        shown.value, shown.name = value, name
        return shown

    def _repr_html_(self) -> str | None:
        if self.value is None:  # a part of one, or the result of some arithmetic
            return None
        png = base64.b64encode(picture({self.name: self.value})).decode()
        sound = f"<br>{player_tag(self.value)}" if isinstance(self.value, Audio) else ""
        return f'<img alt="{describe(self.name, self.value)}" src="data:image/png;base64,{png}">{sound}'


class DirectStage:
    """A stage as a function of audio; see `wavemill.stage`."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def __call__(
        self,
        audio: ArrayLike,
        sample_rate: float | None = None,
        *,
        text: str | None = None,
        labels: Mapping[str, Any] | None = None,
        key: str = "direct",
        copy: int = 1,
    ) -> Any:
        """What the stage makes of audio, (samples,) or (channels, samples), full scale at 1.0.

        A stage that reads features takes (frames, bins) and the frames per second, one that reads tokens (length,).
        What another stage gave knows its own rate: `stage("pcen")(stage("mel")(audio, 16000))`.

        Frames come as (frames, bins), samples in the shape of the input, text as text; a list where the stage makes
        several. The same key gives the same draws. FeatureError, with the reason, where the stage rejects the audio.
        """
        given = self._given(audio, sample_rate)
        read = {str(getattr(self.stage, "of", "audio")): given}
        example = Example(key, None, read, text, None, labels or {}, "train", copy)
        chain = Chain([self.stage])
        chain.check({name: _shape(value) for name, value in read.items()})
        outcome = chain.bind(Resources({}, fit(chain, lambda: [example]))).run(example)
        if isinstance(outcome, Stopped):
            raise FeatureError(f"{outcome.stage}: {outcome.verdict.reason}")
        results = [self._result(made, example, np.ndim(audio)) for made in outcome]
        return results[0] if len(results) == 1 else results

    def _given(self, array: ArrayLike, rate: float | None) -> Array:
        """What the stage is to read; FeatureError where an array is none of that."""
        if isinstance(array, Shown) and array.value is not None:
            return array.value
        kind = self.stage.reads if isinstance(self.stage, Transform) else Audio
        if kind is Tokens and np.ndim(array) == 1:
            return Tokens(np.asarray(array, np.int32), rate)
        values = np.asarray(array, np.float32)
        if not np.isfinite(values).all():
            raise FeatureError("samples are not finite" if kind is Audio else "frames are not finite")
        if rate is None:
            raise FeatureError(
                f"{self.stage.name} needs the rate: {'samples' if kind is Audio else 'frames'} per second"
            )
        if kind is Features and values.ndim == 2:
            return Features(np.ascontiguousarray(values), rate)
        if kind is Audio and values.ndim in (1, 2):
            return Audio(np.ascontiguousarray(np.atleast_2d(values)), round(rate))
        wanted = {Audio: "(samples,) or (channels, samples)", Features: "(frames, bins)", Tokens: "(length,)"}[kind]
        raise FeatureError(f"an array has {values.ndim} dimensions; {self.stage.name} takes {wanted}")

    def _result(self, made: Example, before: Example, dimensions: int) -> Any:
        changed = {name: value for name, value in made.arrays.items() if value is not before.arrays.get(name)}
        if isinstance(self.stage, TextStage):
            return made.text
        changed = changed or dict(made.arrays)  # passed on as they were
        ((name, value),) = list(changed.items())[-1:]
        flat = isinstance(value, Audio) and dimensions == 1 and value.channels == 1
        return Shown.of(name, value, value.array[0] if flat else value.array)

    def __repr__(self) -> str:
        return f"wavemill.stage({self.stage.identity()})"


def direct(name: str, **parameters: Any) -> DirectStage:
    """The stage of that name as a function; ChainError for an unknown one, ValueError for a wrong parameter."""
    return DirectStage(stage_class(name).model_validate(parameters))


def _shape(value: Array) -> Shape:
    """The shape of an array, as a chain is checked with."""
    if isinstance(value, Audio):
        return AudioShape(value.sample_rate, *value.array.shape)
    if isinstance(value, Features):
        return FeatureShape(value.array.shape[1], value.frame_rate, len(value.array))
    return TokenShape(None, value.rate)
