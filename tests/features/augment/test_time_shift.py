from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from features.augment.time_shift import TimeShift
from features.example import Example
from tests.features.examples import babble, run


@pytest.mark.parametrize(
    ("shift", "wanted"),
    [
        (0, [1, 2, 3, 4]),
        (1, [0, 1, 2, 3]),
        (-1, [2, 3, 4, 0]),
        (3, [0, 0, 0, 1]),
        (4, [0, 0, 0, 0]),
        (-4, [0, 0, 0, 0]),
        (99, [0, 0, 0, 0]),
        (-99, [0, 0, 0, 0]),
    ],
)
def test_zeros_come_in_where_the_samples_left(shift: int, wanted: list[float]) -> None:
    ramp = np.arange(1, 5, dtype=np.float32)
    found = run(TimeShift(shift_seconds=shift / 4), np.stack([ramp, -ramp]), 4)
    assert isinstance(found, Example)
    assert np.array_equal(found.audio().samples, [wanted, [-x for x in wanted]])
    assert found.audio().samples.flags.c_contiguous


def test_a_random_shift_is_the_one_in_the_notes() -> None:
    samples, rate = babble(0.5), 16000
    for copy in range(1, 9):
        found = run(TimeShift(shift_seconds={"uniform": [-0.2, 0.2]}), samples, rate, copy=copy)
        assert isinstance(found, Example)
        shift = round(found.notes["time_shift"]["shift_seconds"] * rate)
        moved = np.roll(samples, shift, axis=1)
        moved[:, slice(0, shift) if shift > 0 else slice(shift, None)] = 0
        assert np.array_equal(found.audio().samples, moved)


def test_a_shift_out_of_bounds() -> None:
    with pytest.raises(ValidationError, match="must lie between -3600 and 3600"):
        TimeShift(shift_seconds=4000)
