from __future__ import annotations

import numpy as np
import pytest

from features.example import Example
from features.filters.filter_clipping import FilterClipping, clipped_share
from features.stage import Filtered
from tests.features.examples import babble, run


def test_only_runs_at_full_scale_count() -> None:
    runs = np.float32([[1, 1, 0, 1, 1, 1, 0, -1, -1, -1, -1, 0, 1, -1, 1, -1]])
    assert [clipped_share(runs, 0.99, run) * 16 for run in (1, 2, 3, 4, 5)] == [13, 9, 7, 4, 0]


def test_the_worst_channel_counts_and_ends_are_ends_of_runs() -> None:
    quiet, cut = np.zeros(10, np.float32), np.ones(10, np.float32)
    assert clipped_share(np.stack([quiet, cut]), 0.99, 3) == 1.0
    assert clipped_share(np.empty((1, 0), np.float32), 0.99, 3) == 0.0


def test_a_wave_that_was_cut_is_filtered_and_one_that_just_touches_is_not() -> None:
    wave = babble(1.0)
    loud = wave / np.abs(wave).max()
    passed = run(FilterClipping(), loud, 16000)
    assert isinstance(passed, Example)
    assert passed.notes["filter_clipping"] == {"clipped_share": 0.0}
    verdict = run(FilterClipping(), np.clip(3 * loud, -1, 1), 16000)
    assert isinstance(verdict, Filtered)
    share = np.mean(np.abs(3 * loud) >= 10 ** (-0.1 / 20))
    assert float(verdict.reason.partition("%")[0]) / 100 == pytest.approx(share, rel=0.1)
    assert verdict.reason.endswith("of it is clipped; max_share is 0.100%")


def test_what_was_cut_at_a_lower_level_is_found_when_told() -> None:
    cut = np.clip(babble(1.0), -0.1, 0.1)
    assert isinstance(run(FilterClipping(), cut, 16000), Example)
    assert isinstance(run(FilterClipping(level_db=-20.01), cut, 16000), Filtered)
