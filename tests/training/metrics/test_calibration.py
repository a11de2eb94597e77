"""Calibration against values worked by hand, and against scikit-learn's calibration curve."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from training.metrics.calibration import Bin, expected_calibration_error, reliability


def test_values_worked_by_hand() -> None:
    confidences, right = np.array([0.0, 0.5, 0.6, 1.0, 1.0]), np.array([False, True, True, True, False])
    rows = reliability(confidences, right, bins=2)  # an edge belongs to the bin below it, and 0 to the first
    assert rows == [Bin(0.0, 0.5, 0.25, 0.5, 2), Bin(0.5, 1.0, pytest.approx(2.6 / 3), pytest.approx(2 / 3), 3)]
    assert expected_calibration_error(confidences, right, bins=2) == pytest.approx((0.5 + 0.6) / 5)


def test_an_empty_bin_has_no_means_and_costs_nothing() -> None:
    rows = reliability(np.array([0.99]), np.array([True]))
    assert [row.answers for row in rows] == [0] * 14 + [1]
    assert all(np.isnan(row.confidence) and np.isnan(row.accuracy) for row in rows[:-1])
    assert expected_calibration_error(np.array([0.99]), np.array([True])) == pytest.approx(0.01)


def test_nothing_gives_no_number() -> None:
    assert len(reliability(np.array([]), np.array([], bool))) == 15
    assert np.isnan(expected_calibration_error(np.array([]), np.array([], bool)))


@pytest.mark.parametrize("seed", range(3))
def test_as_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidences = np.concatenate([rng.random(200), np.arange(16) / 15, np.linspace(0, 1, 16)]).astype(np.float32)
    right = rng.random(len(confidences)) < confidences
    accuracy, confidence = calibration_curve(right, confidences.astype(np.float64), n_bins=15)
    rows = reliability(confidences, right)
    assert sum(row.answers for row in rows) == len(confidences)
    np.testing.assert_allclose([row.accuracy for row in rows], accuracy)
    np.testing.assert_allclose([row.confidence for row in rows], confidence)
    weights = [row.answers / len(confidences) for row in rows]
    expected = np.sum(np.abs(accuracy - confidence) * weights)
    assert expected_calibration_error(confidences, right) == pytest.approx(expected)
