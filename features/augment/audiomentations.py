"""Audiomentations: any waveform transform of the package audiomentations (github.com/iver56/audiomentations), for what
has no stage of its own here.

The package draws from the global generators of `random` and numpy. They are seeded from this stage's own generator
for the length of one call, and put back as they were: so what it draws depends on seed, key and copy, and disturbs
nobody.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, PrivateAttr, field_validator

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio
from features.resources import Resources
from features.signal.levels import finite
from features.stage import AudioShape, Augmentation, Rejected

_OTHERS = {"Resample": "resample"}  # transforms that do not say what they change, and the stage that does


class Audiomentations(Augmentation):
    """Audio after one transform of the package; its length may change, its rate and its channels may not.

    The notes hold the parameters that were drawn. Files that a transform reads are no part of what a recipe is known
    by: where they change, nothing is built again (add_noise and reverberate take them from a corpus).
    """

    name: ClassVar[str] = "audiomentations"
    version: ClassVar[int] = 1
    shown = (
        {
            "audiomentations": {
                "transform": "SevenBandParametricEQ",
                "parameters": {"min_gain_db": -12.0, "max_gain_db": 12.0},
                "act_on": "all",
            }
        },
    )

    transform_: str = Field(alias="transform", description="Name of the transform's class, such as TanhDistortion.")
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="What the class is given by name; its own p is always 1."
    )

    _made: Any = PrivateAttr(None)

    @field_validator("parameters")
    @classmethod
    def _without_p(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        if "p" in parameters:
            raise ValueError("write `probability` beside transform, instead of p in parameters")
        return parameters

    def shape(self, before: AudioShape) -> AudioShape:
        refusal = _refusal(self._transform(), before.channels)
        if refusal:
            raise ChainError(refusal, "transform")
        return replace(before, samples=None)

    def bind(self, resources: Resources, label: str) -> Self:
        bound = self.model_copy()
        bound._made = self._transform()
        return bound

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        made = self._made or self._transform()
        refusal = _refusal(made, value.channels)
        if refusal:
            return Rejected(refusal)
        given = value.samples.copy() if value.channels > 1 else value.samples[0].copy()
        with _seeded(int(draws.rng.integers(2**32))), np.errstate(all="ignore"):  # `finite` looks at what came of it
            samples = np.atleast_2d(np.ascontiguousarray(made(given, value.sample_rate), np.float32))
        for name, drawn in _plain(made.parameters).items():
            draws.remember(name, drawn)
        if not samples.size or len(samples) != value.channels:
            return Rejected(f"{self.transform_} made {samples.shape} of {value.samples.shape}")
        return finite(Audio(samples, value.sample_rate))

    def _transform(self) -> Any:
        """The package's own object; ChainError where there is none."""
        if find_spec("audiomentations") is None:
            raise ChainError("this stage needs the package: pip install 'wavemill[augment]'")
        import audiomentations

        if self.transform_ in _OTHERS:
            raise ChainError(f"use the stage {_OTHERS[self.transform_]} instead of {self.transform_}", "transform")
        kind = getattr(audiomentations, self.transform_, None)
        base = audiomentations.core.transforms_interface.BaseWaveformTransform
        if not (isinstance(kind, type) and issubclass(kind, base)):
            raise ChainError(f"audiomentations has no waveform transform called {self.transform_!r}", "transform")
        try:
            return kind(p=1.0, **self.parameters)
        except (TypeError, ValueError, AssertionError, ImportError) as error:
            raise ChainError(f"{self.transform_} refuses its parameters: {error}", "parameters") from error


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """The global generators seeded, and put back."""
    before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002  the package knows no other
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)  # noqa: NPY002


def _refusal(made: Any, channels: int | None) -> str | None:
    """Why the transform cannot take that many channels."""
    if channels == 1 and not made.supports_mono:
        return f"{type(made).__name__} reads several channels, and there is 1"
    if channels is not None and channels > 1 and not made.supports_multichannel:
        return f"{type(made).__name__} reads one channel, and there are {channels}: decode to mono"
    return None


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What of the parameters JSON can hold: numbers, truth values, text, and lists and mappings of them."""
    found = {name: _json(value) for name, value in parameters.items() if name != "should_apply"}
    return {name: value for name, value in found.items() if value is not None}


def _json(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [_json(one) for one in value]
    if isinstance(value, Mapping):
        return _plain(value)
    return value if isinstance(value, bool | int | float | str) else None
