"""Groups of examples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.tasks.batches import batch_of
from training.grouping import group_of, interval_width, named

BATCH = batch_of(
    {"a": [np.zeros((1, 1))] * 3}, [{"size": "small"}, {"size": "large", "gain.gain_db": 1}, {}], ["ada", None, "ben"]
)


def test_groups_are_speakers_labels_or_notes():
    assert group_of(BATCH, "speaker") == ["ada", None, "ben"]
    assert group_of(BATCH, "size") == ["small", "large", None]
    assert group_of(BATCH, "gain.gain_db") == [None, 1, None]
    noted = replace(BATCH, notes=[{"gain": {"gain_db": 2.5}}, {"gain": {"gain_db": 3.5}}, {"gain.1": {"gain_db": 4.5}}])
    assert group_of(noted, "gain.gain_db") == [2.5, 1, None]
    assert group_of(noted, "gain.1.gain_db") == [None, None, 4.5]
    assert group_of(noted, "size") == ["small", "large", None]


def test_names_come_in_order():
    assert list(named(["10", "9", "b", None, "a"])) == ["10", "9", "a", "b", "none"]
    assert list(named([10, 9, 100, None])) == ["9", "10", "100", "none"]
    assert named([True, False, True]) == {"False": [1], "True": [0, 2]}
    assert named([["b", "a"], ["a", "b"], []]) == {"": [2], "a, b": [0, 1]}


def test_ten_numbers_are_groups_and_eleven_are_intervals():
    assert list(named(range(10))) == [str(number) for number in range(10)]
    assert named(range(11)) == {f"{low} to {low + 2}": [n for n in (low, low + 1) if n < 11] for low in range(0, 12, 2)}


@pytest.mark.parametrize("seed", range(20))
def test_intervals_hold_every_number_once(seed):
    rng = np.random.default_rng(seed)
    values = (rng.normal() * 10.0 ** rng.integers(-3, 6) + rng.normal(size=200) * 10.0 ** rng.integers(-4, 5)).tolist()
    found = named(values)
    assert sorted(place for places in found.values() for place in places) == list(range(200))
    assert 1 < len(found) <= 10
    for name, places in found.items():
        low, high = (float(end) for end in name.split(" to "))
        span = high - low
        assert all(low - 1e-6 * span <= values[place] < high + 1e-6 * span for place in places)


def test_the_width_is_the_least_round_one():
    assert interval_width(-5, 20) == 5
    assert interval_width(0, 9.9) == 1
    assert interval_width(0, 10) == 2
    assert interval_width(0, 0.0099) == pytest.approx(0.001)
