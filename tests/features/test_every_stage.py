"""What holds for every stage of the catalog, on its own showcase."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features import catalog
from features.chain import Stopped
from features.example import Array, Audio, Example, Features
from features.showcase import SAMPLE_RATE, recording, shapes, showcase
from features.stage import AudioShape, FeatureShape, Filtered, Shape, TokenShape
from tests.features.examples import babble

NAMES = [name for name in catalog.STAGES if name != "decode"]


def _result(name: str, **changes: object) -> list[Example]:
    chain, example = showcase(name)
    outcome = chain.run(example if not changes else Example(**{**_fields(example), **changes}))  # type: ignore[arg-type]
    assert not isinstance(outcome, Stopped), outcome
    return list(outcome)


def _fields(example: Example) -> dict[str, object]:
    return {name: getattr(example, name) for name in Example.__dataclass_fields__}


def _bytes(examples: list[Example]) -> list[object]:
    return [(e.text, {n: v.array.tobytes() for n, v in e.arrays.items()}, dict(e.notes)) for e in examples]


def _check(value: Array, shape: Shape) -> None:
    """An array is what `check` said, and finite."""
    assert value.array.flags.c_contiguous
    if isinstance(value, Audio):
        assert isinstance(shape, AudioShape)
        assert value.array.dtype == np.float32
        assert np.isfinite(value.array).all()
        assert shape.sample_rate in (None, value.sample_rate)
        assert shape.channels in (None, value.channels)
        assert shape.samples in (None, value.array.shape[1])
    elif isinstance(value, Features):
        assert isinstance(shape, FeatureShape)
        assert value.array.dtype == np.float32
        assert np.isfinite(value.array).all()
        assert shape.bins == value.array.shape[1]
        assert shape.frames in (None, len(value.array))
        assert shape.frame_rate is None or shape.frame_rate == pytest.approx(value.frame_rate)
    else:
        assert isinstance(shape, TokenShape)
        assert value.array.dtype == np.int32
        assert shape.vocabulary is None or (value.ids < shape.vocabulary).all()
        assert (value.ids >= 0).all()
        assert shape.rate == value.rate


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_gives_what_its_check_promises(name: str) -> None:
    chain, _ = showcase(name)
    promised = chain.check(shapes())
    for example in _result(name):
        assert set(example.arrays) == set(promised)
        for array, value in example.arrays.items():
            _check(value, promised[array])


WAVES = {
    "one sample": lambda channels: np.full((channels, 1), 0.5, np.float32),
    "silence": lambda channels: np.zeros((channels, 16_000), np.float32),
    "full scale": lambda channels: np.sign(babble(1.0, channels=channels, seed=3)),
    "a minute": lambda channels: babble(60.0, channels=channels),
}


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("name", NAMES)
def test_any_recording_gives_what_is_promised_or_a_reason(name: str, wave: str) -> None:
    """Mono, two channels, and four, as the stage's showcase reads them."""
    chain, example = showcase(name)
    arrays = {array: Audio(WAVES[wave](value.array.shape[0]), SAMPLE_RATE) for array, value in example.arrays.items()}
    now = replace(example, arrays=arrays)
    promised = chain.check({array: AudioShape(SAMPLE_RATE, *value.array.shape) for array, value in arrays.items()})
    outcome = chain.run(now)
    if isinstance(outcome, Stopped):
        assert outcome.verdict.reason
        assert wave != "a minute" or isinstance(outcome.verdict, Filtered), outcome
        return
    for made in outcome:
        for array, value in made.arrays.items():
            _check(value, promised[array])


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_leaves_its_input_as_it_was_and_gives_the_same_again(name: str) -> None:
    chain, example = showcase(name)
    before = _bytes([example])
    first = _bytes(list(chain.run(example)))  # type: ignore[arg-type]
    assert _bytes([example]) == before
    assert first == _bytes(_result(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_says_what_it_is(name: str) -> None:
    found = catalog.stage_class(name)
    assert found.__doc__
    silent = [field for field, about in found.model_fields.items() if not about.description]
    assert not silent
    assert found.name == name


def test_the_recording_is_the_same_each_time() -> None:
    assert _bytes([recording()]) == _bytes([recording()])
