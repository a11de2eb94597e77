"""Verification against values worked by hand, scikit-learn's curve, and a search over all thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq
from sklearn.metrics import roc_curve
from sklearn.metrics.pairwise import cosine_similarity

from training.metrics.verification import equal_error_rate, min_detection_cost, pairs


def trials(same: list[float], different: list[float]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array(same + different), np.array([True] * len(same) + [False] * len(different))


@pytest.mark.parametrize(
    ("same", "different", "rate"),
    [
        ([3, 4], [1, 2], 0),
        ([1, 2], [3, 4], 1),
        ([4, 2], [3, 1], 1 / 2),  # at 3 half is accepted and half is missed
        ([5, 4, 2], [3, 1, 0], 1 / 3),
        ([4, 3, 1], [2], 1 / 3),  # at 3 a third is missed and nothing accepted, at 2 everything is accepted
        ([1, 1], [1], 1 / 2),  # one threshold: the line from (0, 1) to (1, 0)
        ([2, 1], [1, 0], 1 / 4),  # the line from half missed, none accepted to none missed, half accepted
    ],
)
def test_rates_worked_by_hand(same: list[float], different: list[float], rate: float) -> None:
    assert equal_error_rate(*trials(same, different)) == rate


def test_the_order_of_equal_scores_does_not_count() -> None:
    rng = np.random.default_rng(0)
    scores, same = rng.integers(0, 5, 200).astype(float), rng.random(200) < 0.4
    expected = equal_error_rate(scores, same), min_detection_cost(scores, same)
    for _ in range(5):
        order = rng.permutation(200)
        assert (
            equal_error_rate(scores[order], same[order]),
            min_detection_cost(scores[order], same[order]),
        ) == expected


@pytest.mark.parametrize("levels", [4, 10_000])
@pytest.mark.parametrize("seed", range(5))
def test_rate_as_the_curve_of_scikit_learn(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    same = rng.random(300) < 0.3
    scores = np.round((rng.standard_normal(300) + same) * levels)
    accepted, found, _ = roc_curve(same, scores, drop_intermediate=False)
    # along the curve, position by position, so that its vertical pieces are lines too
    place = np.arange(len(accepted))
    at = brentq(lambda x: np.interp(x, place, 1 - found) - np.interp(x, place, accepted), 0, place[-1], xtol=1e-12)
    assert equal_error_rate(scores, same) == pytest.approx(np.interp(at, place, accepted), abs=1e-9)


@pytest.mark.parametrize("p_target", [0.01, 0.5, 0.9])
def test_cost_as_a_search_over_all_thresholds(p_target: float) -> None:
    rng = np.random.default_rng(3)
    same = rng.random(120) < 0.3
    scores = np.round(rng.standard_normal(120) + 2 * same, 1)
    costs = [
        10 * p_target * np.mean(scores[same] < threshold) + (1 - p_target) * np.mean(scores[~same] >= threshold)
        for threshold in [*scores, np.inf]
    ]
    expected = min(costs) / min(10 * p_target, 1 - p_target)
    assert min_detection_cost(scores, same, p_target, miss=10) == pytest.approx(expected)


def test_cost_worked_by_hand() -> None:
    # one different trial of 200 scores above a third of the same ones: accept it at 0.99 / 200, or miss 1/3 at 0.01 / 3
    scores, same = trials([5, 5, 2], [3, *[1] * 199])
    assert min_detection_cost(scores, same) == pytest.approx(min(0.01 / 3, 0.99 / 200) / 0.01)
    assert min_detection_cost(*trials([2], [1])) == 0
    assert min_detection_cost(*trials([1], [2])) == 1


def test_one_kind_of_trials_gives_no_number() -> None:
    for scores, same in (trials([1], []), trials([], [1]), trials([], [])):
        assert np.isnan(equal_error_rate(scores, same))
        assert np.isnan(min_detection_cost(scores, same))


def test_a_rate_of_many_trials_stays_in_whole_numbers() -> None:
    # 2 million trials: the products of counts exceed what 32 bits hold
    same = np.arange(2_000_000) % 2 == 0
    assert equal_error_rate(np.arange(2_000_000) // 2, same) == 0.5


def test_pairs() -> None:
    rng = np.random.default_rng(0)
    embeddings, speakers = rng.standard_normal((6, 4)).astype(np.float32), ["b", "a", "b", "c", "a", "b"]
    scores, same = pairs(embeddings, speakers)
    places = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    table = cosine_similarity(embeddings.astype(np.float64))
    np.testing.assert_allclose(scores, [table[place] for place in places], rtol=1e-12)
    assert same.tolist() == [speakers[i] == speakers[j] for i, j in places]


def test_pairs_of_nothing_and_of_zeros() -> None:
    for number in (0, 1):
        scores, same = pairs(np.ones((number, 3)), ["a"] * number)
        assert scores.shape == same.shape == (0,)
    assert pairs(np.array([[0.0, 0.0], [1.0, 0.0]]), ["a", "a"])[0].tolist() == [0]
