"""Multi-label figures against values worked by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from training.metrics.multi_label import average_precision, macro_f1, mean_average_precision, micro_f1


def test_values_worked_by_hand() -> None:
    truth = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0]], bool)
    scores = np.array([[0.9, 0.5, 0.4], [0.8, 0.7, 0.1], [0.7, 0.6, 0.2]])
    # class 0 is found first and third: (1/1 + 2/3) / 2; class 1 first and second; class 2 does not occur
    np.testing.assert_allclose(average_precision(truth, scores), [5 / 6, 1, np.nan])
    assert mean_average_precision(truth, scores) == pytest.approx((5 / 6 + 1) / 2)
    # class 0: tp 2, fp 1 -> 4/5; class 1: 0.5 is a yes, so tp 2, fp 1 -> 4/5; class 2 neither occurs nor is answered
    assert micro_f1(truth, scores) == pytest.approx(8 / 10)
    assert macro_f1(truth, scores) == pytest.approx(4 / 5)
    # a threshold of 0.75: class 0: tp 1, fp 1, fn 1 -> 2/4; class 1: fn 2 -> 0
    assert micro_f1(truth, scores, 0.75) == pytest.approx(2 / 6)
    assert macro_f1(truth, scores, 0.75) == pytest.approx((2 / 4 + 0) / 2)


def test_examples_of_equal_score_are_answered_together() -> None:
    scores = np.zeros((4, 1))
    for truth in ([1, 0, 0, 0], [0, 0, 0, 1]):
        assert average_precision(np.array([truth], bool).T, scores)[0] == 0.25


def test_nothing_gives_no_number() -> None:
    for truth in (np.zeros((0, 2), bool), np.zeros((3, 2), bool)):
        scores = np.zeros(truth.shape)
        assert np.isnan(average_precision(truth, scores)).all()
        assert np.isnan(mean_average_precision(truth, scores))
        assert np.isnan(micro_f1(truth, scores))
        assert np.isnan(macro_f1(truth, scores))


@pytest.mark.parametrize("levels", [3, 1000])  # few levels make many scores equal
@pytest.mark.parametrize("seed", range(5))
def test_as_scikit_learn(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    truth, scores = rng.random((60, 7)) < 0.3, rng.integers(0, levels, (60, 7)) / levels
    each = [average_precision_score(truth[:, number], scores[:, number]) for number in range(7)]
    np.testing.assert_allclose(average_precision(truth, scores), each, rtol=1e-12)
    assert mean_average_precision(truth, scores) == pytest.approx(average_precision_score(truth, scores))
    for threshold in (0.5, 1 / 3):
        answer = scores >= threshold
        assert micro_f1(truth, scores, threshold) == pytest.approx(f1_score(truth, answer, average="micro"))
        assert macro_f1(truth, scores, threshold) == pytest.approx(f1_score(truth, answer, average="macro"))
