"""Metrics against values worked by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from training.metrics.classification import accuracy, confusion, macro_f1


def test_values_worked_by_hand() -> None:
    # class 0: tp 2, fp 1, fn 1 -> F1 4/6; class 1: tp 1, fp 1, fn 1 -> 2/4; class 2: tp 1, fp 0, fn 0 -> 1
    matrix = confusion([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 2], 3)
    assert matrix.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert accuracy(matrix) == pytest.approx(4 / 6)
    assert macro_f1(matrix) == pytest.approx((4 / 6 + 2 / 4 + 1) / 3)


def test_a_class_that_is_only_answered_counts_as_zero() -> None:
    # class 0: tp 1, fn 1 -> 2/3; class 2: fp 1 -> 0; class 1 neither occurs nor is answered
    matrix = confusion([0, 0], [0, 2], 3)
    assert macro_f1(matrix) == pytest.approx((2 / 3 + 0) / 2)


def test_nothing_gives_no_number() -> None:
    matrix = confusion([], [], 2)
    assert matrix.tolist() == [[0, 0], [0, 0]]
    assert np.isnan(accuracy(matrix))
    assert np.isnan(macro_f1(matrix))


@pytest.mark.parametrize("seed", range(5))
def test_as_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, answer = rng.integers(0, 7, 60), rng.integers(0, 9, 60)
    matrix = confusion(truth.tolist(), answer.tolist(), 10)
    np.testing.assert_array_equal(matrix, confusion_matrix(truth, answer, labels=range(10)))
    assert accuracy(matrix) == pytest.approx(accuracy_score(truth, answer))
    assert macro_f1(matrix) == pytest.approx(f1_score(truth, answer, average="macro"))
