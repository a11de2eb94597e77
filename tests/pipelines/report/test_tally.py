"""Counts of values, and histograms of durations, in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.report import tally as module
from pipelines.report.tally import Durations, Tally, columns


def test_values_are_counted_by_column_and_ranked_by_all():
    tally = Tally()
    for column, value, count in (("train", "b", 2), ("test", "a", 1), ("train", "a", 2), ("train", "c", 1)):
        tally.add(column, value, count)
    assert list(tally.commonest(2)) == [("a", {"test": 1, "train": 2}), ("b", {"train": 2})]
    assert (tally.others(2), len(tally)) == (1, 3)
    assert (tally.different("train"), tally.total("train"), tally.largest("train")) == (3, 5, ("a", 2))
    assert (tally.different("valid"), tally.largest("valid")) == (0, None)


def test_no_more_values_are_told_apart_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(module, "MOST_VALUES", 3)
    tally = Tally()
    for number in range(10):
        tally.add("train", str(number % 5))
    assert (len(tally), tally.full, tally.total("train")) == (3, True, 10)
    assert [value for value, _ in tally.commonest(9)] == ["0", "1", "2"]


def test_quantiles_are_those_of_numpy_within_a_bin():
    seconds = np.random.default_rng(0).lognormal(1.0, 1.5, 5000)
    durations = Durations()
    for part in np.array_split(seconds, 7):
        durations.add(part)
    assert durations.count == 5000
    assert (durations.lowest, durations.highest) == (seconds.min(), seconds.max())
    assert durations.total == pytest.approx(seconds.sum())
    for share in (0.05, 0.5, 0.95):
        assert durations.quantile(share) == pytest.approx(np.quantile(seconds, share), rel=0.025)


def test_columns_are_those_of_numpy_over_their_own_edges():
    rng = np.random.default_rng(1)
    given = [rng.uniform(0.3, 12, 500), rng.uniform(1, 40, 300)]
    durations = [Durations(), Durations()]
    for one, seconds in zip(durations, given, strict=True):
        one.add(seconds)
    counts, edges = columns(durations, most=20)
    assert 10 < len(edges) - 1 <= 20
    for found, seconds in zip(counts, given, strict=True):
        assert found == np.histogram(seconds, edges)[0].tolist()
        assert sum(found) == len(seconds)


def test_no_durations_are_no_columns_and_extremes_are_counted():
    assert columns([]) == columns([Durations()]) == ([], [])
    durations = Durations()
    durations.add(np.array([0.0, 1e9]))
    counts, _ = columns([durations])
    assert sum(counts[0]) == 2
