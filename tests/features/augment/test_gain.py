from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from features.augment.gain import Gain
from features.example import Example
from features.stage import Rejected
from tests.features.examples import babble, run


@pytest.mark.parametrize(("gain_db", "factor"), [(0, 1.0), (20, 10.0), (-20, 0.1), (6.020599913279624, 2.0)])
def test_a_fixed_gain_is_a_factor(gain_db: float, factor: float) -> None:
    samples = babble(0.1, channels=2)
    found = run(Gain(gain_db=gain_db), samples)
    assert isinstance(found, Example)
    assert np.array_equal(found.audio().samples, samples * np.float32(factor))
    assert found.notes == {}


def test_a_random_gain_is_the_one_in_the_notes() -> None:
    samples = babble(0.1)
    drawn = set()
    for copy in range(1, 9):
        found = run(Gain(gain_db={"uniform": [-12, 6]}), samples, copy=copy)
        assert isinstance(found, Example)
        gain_db = found.notes["gain"]["gain_db"]
        assert -12 <= gain_db <= 6
        assert np.array_equal(found.audio().samples, samples * np.float32(10 ** (gain_db / 20)))
        drawn.add(gain_db)
    assert len(drawn) == 8


@pytest.mark.parametrize("other", [{"key": "b.wav"}, {"copy": 2}, {"seed": 1}])
def test_another_key_copy_or_seed_gives_another_gain(other: dict[str, Any]) -> None:
    stage, samples = Gain(gain_db={"uniform": [-12, 6]}), babble(0.1)
    first, again, second = run(stage, samples), run(stage, samples), run(stage, samples, **other)
    assert isinstance(first, Example)
    assert isinstance(again, Example)
    assert isinstance(second, Example)
    assert first.audio().samples.tobytes() == again.audio().samples.tobytes()
    assert first.audio().samples.tobytes() != second.audio().samples.tobytes()


@pytest.mark.parametrize(
    ("act_on", "split", "copy", "acts"),
    [
        ("copies", "train", 0, False),
        ("copies", "train", 1, True),
        ("copies", "valid", 1, False),
        ("train", "train", 0, True),
        ("train", "test", 0, False),
        ("all", "test", 0, True),
    ],
)
def test_it_acts_on_train_copies_unless_told_otherwise(act_on: str, split: str, copy: int, acts: bool) -> None:
    samples = babble(0.1)
    found = run(Gain.model_validate({"gain_db": 20, "act_on": act_on, "as": "loud"}), samples, split=split, copy=copy)
    assert isinstance(found, Example)
    assert found.audio().samples is samples
    assert np.array_equal(found.audio("loud").samples, samples * 10 if acts else samples)


def test_samples_that_leave_float32_are_rejected() -> None:
    verdict = run(Gain(gain_db=100), np.full((1, 4), 1e38, np.float32))
    assert verdict == Rejected("samples beyond the range of float32")


def test_a_gain_out_of_bounds() -> None:
    with pytest.raises(ValidationError, match="must lie between -100 and 100"):
        Gain(gain_db={"uniform": [-200, 0]})
