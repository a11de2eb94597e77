"""The bootstrap against distributions that can be counted out, scipy's, and what it must keep together."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import bootstrap

from training.metrics.bootstrap import interval


def mean_of(values: NDArray[np.float64]):
    return lambda rows: float(values[rows].mean())


def test_three_groups_counted_out() -> None:
    values, groups = np.array([0.0, 3.0, 3.0, 9.0]), ["a", "b", "b", "c"]
    rows = {"a": [0], "b": [1, 2], "c": [3]}
    every = sorted(values[np.concatenate([rows[group] for group in draw])].mean() for draw in product("abc", repeat=3))
    # of the 27 draws one is 0 throughout and one 9 throughout; a middle of 0.98 leaves 1 in 100 at each side
    assert interval(mean_of(values), groups, draws=20_000, level=0.98) == (every[0], every[-1])
    low, high = interval(mean_of(values), groups, draws=20_000, level=0.5)
    assert (low, high) == (every[int(0.25 * 27)], every[int(0.75 * 27)])


def test_as_scipy_where_each_row_is_its_own_group() -> None:
    values = np.random.default_rng(0).standard_exponential(80)
    ours = interval(mean_of(values), range(80), draws=20_000, level=0.9)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=20_000, confidence_level=0.9, method="percentile", random_state=1
    ).confidence_interval
    np.testing.assert_allclose(ours, theirs, atol=0.05 * values.std() / np.sqrt(80))


def test_groups_are_drawn_whole_and_as_many_as_there_are() -> None:
    groups = ["a", "b", "a", "c", "c", "c"]
    members = {"a": [0, 2], "b": [1], "c": [3, 4, 5]}

    def look(rows: NDArray[np.intp]) -> float:
        drawn = {name: [np.count_nonzero(rows == row) for row in of] for name, of in members.items()}
        assert all(len(set(counts)) == 1 for counts in drawn.values())
        assert sum(counts[0] for counts in drawn.values()) == 3
        return float(len(rows))

    assert interval(look, groups, draws=2000, level=0.999) == (3, 9)


def test_rows_of_a_group_that_are_alike_widen_the_interval() -> None:
    per_speaker = np.random.default_rng(1).random(20)
    values, speakers = np.repeat(per_speaker, 25), np.repeat(np.arange(20), 25).tolist()
    by_speaker, by_row = (np.ptp(interval(mean_of(values), groups)) for groups in (speakers, range(500)))
    assert by_speaker == pytest.approx(5 * by_row, rel=0.2)  # the root of 25


def test_the_seed_alone_decides() -> None:
    values = np.random.default_rng(2).random(30)
    first = interval(mean_of(values), range(30), seed=5)
    assert interval(mean_of(values), range(30), seed=5) == first
    assert interval(mean_of(values), range(30), seed=6) != first


def test_draws_without_a_value_are_left_out() -> None:
    values = np.array([np.nan, 1.0, 2.0])  # a draw that holds the first has no mean
    assert interval(mean_of(values), range(3), level=0.9) == (1, 2)


def test_what_says_nothing_gives_no_number() -> None:
    for groups in ([], ["a"], ["a", "a", "a"]):
        assert np.isnan(interval(lambda rows: 1.0, groups)).all()
    assert np.isnan(interval(lambda rows: float("nan"), ["a", "b"])).all()
