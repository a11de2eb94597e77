"""Moments against numpy over all frames at once, whatever the pieces they come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.moments import Moments


def moments(*arrays: np.ndarray) -> Moments:
    found = Moments()
    for array in arrays:
        found.add(array)
    return found


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(0, 1 << 30), st.sampled_from([0.0, 1e4]))
def test_pieces_make_no_difference(sizes: list[int], seed: int, offset: float) -> None:
    rng = np.random.default_rng(seed)
    arrays = [(offset + rng.normal(size=(size, 3)) * [1, 5, 0]).astype(np.float32) for size in [*sizes, 1]]
    found, whole = moments(*arrays), np.concatenate(arrays).astype(np.float64)
    assert found.frames == len(whole)
    np.testing.assert_allclose(found.mean, whole.mean(0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.deviation, whole.std(0), rtol=1e-9, atol=1e-9)
    together = found.over_bins()
    np.testing.assert_allclose(together.mean, whole.mean(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(together.deviation, whole.std(), rtol=1e-9, atol=1e-9)


def test_they_are_written_and_read_to_the_bit() -> None:
    found = moments(np.random.default_rng(0).normal(size=(7, 4)))
    again = Moments.decode(found.encode())
    assert again.frames == 7
    assert np.array_equal(again.mean, found.mean)
    assert np.array_equal(again.squares, found.squares)


def test_nothing_and_other_bins_are_refused() -> None:
    with pytest.raises(ValueError, match="no frames"):
        moments(np.zeros((0, 3))).encode()
    with pytest.raises(ValueError, match="no frames"):
        _ = moments().deviation
    with pytest.raises(ValueError, match="arrays of 3 and of 4 bins"):
        moments(np.zeros((1, 3)), np.zeros((1, 4)))
