from __future__ import annotations

import numpy as np
import pytest

from features.example import Example
from features.filters.filter_silence import FilterSilence
from features.stage import Filtered
from tests.features.examples import run

RATE = 8000


def bursts(level_db: float, share: float) -> np.ndarray:
    """A square wave of that RMS in the first part of ten seconds, and nothing in the rest."""
    samples = np.zeros((1, 10 * RATE), np.float32)
    samples[0, : round(share * 10 * RATE)] = 10 ** (level_db / 20)
    return samples


def test_level_and_silent_share_are_those_that_were_made() -> None:
    passed = run(FilterSilence(), bursts(-20, 0.25), RATE)
    assert isinstance(passed, Example)
    assert passed.notes["filter_silence"] == {
        "level_db": pytest.approx(-20 + 10 * np.log10(0.25), abs=0.01),
        "silent_share": 0.75,
    }


def test_each_limit_filters() -> None:
    assert run(FilterSilence(), bursts(-61, 1), RATE) == Filtered("-61.0 dB; min_level_db is -60")
    much = run(FilterSilence(max_silent_share=0.5), bursts(-20, 0.25), RATE)
    assert much == Filtered("75.0% of it is silent; max_silent_share is 50.0%")
    assert run(FilterSilence(), np.zeros((2, 100), np.float32)) == Filtered("digital silence")
    assert run(FilterSilence(), np.zeros((1, 0), np.float32)) == Filtered("digital silence")


def test_the_edges_of_what_a_float_holds() -> None:
    assert isinstance(run(FilterSilence(), np.full((1, 1), np.finfo(np.float32).max)), Example)
    assert isinstance(run(FilterSilence(), np.full((1, 9), 1e-45, np.float32)), Filtered)
