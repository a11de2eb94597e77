"""Direct: one stage on an array, from Python, without a recipe. The result draws itself in a notebook."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.catalog import stage_class
from features.chain import Chain, Stopped
from features.errors import FeatureError
from features.example import Array, Audio, Example
from features.fitting import fit
from features.pictures import describe, picture
from features.resources import Resources
from features.stage import AudioShape, Stage


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
        sound = ""
        if isinstance(self.value, Audio):
            wav = base64.b64encode(_wav(self.value)).decode()
            sound = f'<br><audio controls src="data:audio/wav;base64,{wav}"></audio>'
        return f'<img alt="{describe(self.name, self.value)}" src="data:image/png;base64,{png}">{sound}'


class DirectStage:
    """A stage as a function of audio; see `wavemill.stage`."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def __call__(
        self,
        audio: ArrayLike,
        sample_rate: int,
        *,
        text: str | None = None,
        labels: Mapping[str, Any] | None = None,
        key: str = "direct",
        copy: int = 1,
    ) -> Any:
        """What the stage makes of audio, (samples,) or (channels, samples), full scale at 1.0.

        Frames come as (frames, bins), samples in the shape of the input, text as text; a list where the stage makes
        several. The same key gives the same draws. FeatureError, with the reason, where the stage rejects the audio.
        """
        samples = np.asarray(audio, np.float32)
        if samples.ndim not in (1, 2):
            raise FeatureError(f"audio has {samples.ndim} dimensions; give (samples,) or (channels, samples)")
        if not np.isfinite(samples).all():
            raise FeatureError("audio has samples that are not finite")
        given = Audio(np.ascontiguousarray(np.atleast_2d(samples)), sample_rate)
        example = Example(key, None, {"audio": given}, text, None, labels or {}, "train", copy)
        chain = Chain([self.stage])
        chain.check({"audio": AudioShape(sample_rate, given.channels, given.samples.shape[1])})
        outcome = chain.bind(Resources({}, fit(chain, lambda: [example]))).run(example)
        if isinstance(outcome, Stopped):
            raise FeatureError(f"{outcome.stage}: {outcome.verdict.reason}")
        results = [self._result(made, example, samples.ndim) for made in outcome]
        return results[0] if len(results) == 1 else results

    def _result(self, made: Example, before: Example, dimensions: int) -> Any:
        changed = {name: value for name, value in made.arrays.items() if value is not before.arrays.get(name)}
        if not changed:
            return made.text if made.text != before.text else Shown.of("audio", made.audio(), made.audio().samples)
        ((name, value),) = list(changed.items())[-1:]
        flat = isinstance(value, Audio) and dimensions == 1 and value.channels == 1
        return Shown.of(name, value, value.array[0] if flat else value.array)

    def __repr__(self) -> str:
        return f"wavemill.stage({self.stage.identity()})"


def direct(name: str, **parameters: Any) -> DirectStage:
    """The stage of that name as a function; ChainError for an unknown one, ValueError for a wrong parameter."""
    return DirectStage(stage_class(name).model_validate(parameters))


def _wav(audio: Audio) -> bytes:
    """The audio as a WAV of 16 bits, no louder than full scale."""
    peak = max(1.0, float(np.abs(audio.samples).max(initial=0)))
    sink = io.BytesIO()
    with wave.open(sink, "wb") as target:
        target.setnchannels(audio.channels)
        target.setsampwidth(2)
        target.setframerate(audio.sample_rate)
        target.writeframes((audio.samples.T / peak * 32767).astype("<i2").tobytes())
    return sink.getvalue()
