from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from features.example import Example
from features.filters.filter_duration import FilterDuration
from features.stage import PREDICT, Filtered
from tests.features.examples import run


def outcome(samples: int, **parameters: float) -> Example | Filtered:
    return run(FilterDuration(**parameters), np.zeros((1, samples), np.float32), 8000)


def test_the_limits_themselves_stay() -> None:
    assert isinstance(outcome(8000, min_seconds=1, max_seconds=1), Example)
    assert outcome(7999, min_seconds=1) == Filtered("1.00 s; min_seconds is 1")
    assert outcome(8000 * 21, min_seconds=0.5, max_seconds=20) == Filtered(
        "21.00 s; min_seconds is 0.5, max_seconds is 20"
    )


def test_limits_that_leave_nothing_or_say_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="min_seconds is above max_seconds"):
        FilterDuration(min_seconds=2, max_seconds=1)
    with pytest.raises(ValidationError, match="give min_seconds, max_seconds or both"):
        FilterDuration()


def test_no_filter_acts_when_a_model_predicts() -> None:
    too_short = np.zeros((1, 10), np.float32)
    assert isinstance(run(FilterDuration(min_seconds=1), too_short, split=PREDICT), Example)
