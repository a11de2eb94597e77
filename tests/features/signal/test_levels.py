from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from features.example import Audio
from features.signal.levels import amplitude, finite, is_finite, peak, rms, scaled
from features.stage import Rejected
from tests.features.examples import QUICK


def test_levels_of_a_sine() -> None:
    sine = (0.5 * np.sin(2 * np.pi * 100 * np.arange(8000) / 8000)).astype(np.float32).reshape(2, -1)
    assert peak(sine) == 0.5
    assert rms(sine) == pytest.approx(0.5 / np.sqrt(2), rel=1e-6)


def test_rms_of_the_largest_and_smallest_floats() -> None:
    for value in (3e38, 1e-38, 0.0):
        assert rms(np.full((1, 100), value, np.float32)) == pytest.approx(np.float32(value), rel=1e-6)


def test_no_samples_have_no_level() -> None:
    empty = np.zeros((1, 0), np.float32)
    assert (peak(empty), rms(empty)) == (0.0, 0.0)


@pytest.mark.parametrize(("level_db", "factor"), [(0, 1.0), (-20, 0.1), (20, 10.0), (-6.020599913279624, 0.5)])
def test_decibels_are_of_the_amplitude(level_db: float, factor: float) -> None:
    assert amplitude(level_db) == pytest.approx(factor, rel=1e-15)


def test_what_leaves_float32_is_found() -> None:
    audio = Audio(scaled(np.float32([[1e30, 0.0]]), 1e10), 8000)
    assert finite(audio) == Rejected("samples beyond the range of float32")
    sound = Audio(np.float32([[1.0]]), 8000)
    assert finite(sound) is sound


@given(samples=hnp.arrays(np.float32, st.tuples(st.integers(1, 2), st.integers(0, 40)), elements=st.floats(width=32)))
@QUICK
def test_what_is_finite_is_told_from_what_is_not(samples: np.ndarray) -> None:
    assert is_finite(samples) == np.isfinite(samples).all()
