from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from features.draws import Draws
from features.example import Audio
from features.signal.fix_length import FixLength
from features.stage import AudioShape

NO_DRAWS = Draws(0, "fix_length", 0, "key", 0)


@pytest.mark.parametrize(
    ("length", "align", "wanted"),
    [
        (5, "start", [1, 2, 3, 4]),
        (7, "start", [1, 2, 3, 4]),
        (2, "start", [1, 2, 0, 0]),
        (5, "center", [1, 2, 3, 4]),
        (7, "center", [2, 3, 4, 5]),
        (2, "center", [0, 1, 2, 0]),
        (1, "center", [0, 1, 0, 0]),
        (4, "center", [1, 2, 3, 4]),
    ],
)
def test_cuts_and_fills_where_it_says(length: int, align: str, wanted: list[float]) -> None:
    ramp = np.arange(1, length + 1, dtype=np.float32)
    audio = Audio(np.stack([ramp, -ramp]), 2)
    found = FixLength(seconds=2, align=align).transform(audio, NO_DRAWS)
    assert found.samples.tolist() == [wanted, [-x for x in wanted]]
    assert found.samples.flags.c_contiguous


def test_the_right_length_is_passed_through_untouched() -> None:
    audio = Audio(np.ones((1, 8000), np.float32), 8000)
    assert FixLength(seconds=1).transform(audio, NO_DRAWS) is audio


def test_the_shape_knows_the_samples_once_the_rate_is_known() -> None:
    assert FixLength(seconds=1.5).shape(AudioShape(8000, 1)) == AudioShape(8000, 1, 12000)
    assert FixLength(seconds=1.5).shape(AudioShape(samples=7)) == AudioShape()


def test_one_sample_at_least() -> None:
    assert FixLength(seconds=1e-9).transform(Audio(np.ones((1, 9), np.float32), 8000), NO_DRAWS).samples.shape == (1, 1)


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_lengths_that_are_none(seconds: float) -> None:
    with pytest.raises(ValidationError, match="seconds"):
        FixLength(seconds=seconds)
