"""Figures for clips that carry any number of labels: average precision, and F1 at a threshold.

Truth is (examples, classes) bool, scores are (examples, classes), more meaning yes. Average precision is the area
under the steps of the precision-recall curve, as in Buckley and Voorhees 2000, "Evaluating evaluation measure
stability", without the interpolation that older figures add. F1 is that of Sokolova and Lapalme 2009, "A systematic
analysis of performance measures for classification tasks", table 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def average_precision(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """For each class the sum over thresholds of precision times the recall that is gained there: (classes,).

    Examples of equal score are answered together, so their order does not count. A class that no example has is nan.

    >>> average_precision(np.array([[1], [0], [1]], bool), np.array([[0.9], [0.8], [0.7]])).round(4).tolist()
    [0.8333]
    """
    columns = zip(np.asarray(truth, bool).T, np.asarray(scores).T, strict=True)
    return np.array([_average_precision(there, score) for there, score in columns], np.float64)


def _average_precision(there: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    if not there.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)  # of each run of equal scores
    found = np.cumsum(there[order])[last]
    answered = np.flatnonzero(last) + 1
    return float(np.sum(np.diff(found, prepend=0) * found / answered) / found[-1])


def mean_average_precision(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    """The mean of average precision over the classes that occur (mAP); nan when none does."""
    each = average_precision(truth, scores)
    there = ~np.isnan(each)
    return float(each[there].mean()) if there.any() else float("nan")


def micro_f1(truth: NDArray[np.bool_], scores: NDArray[np.floating], threshold: float = 0.5) -> float:
    """2 tp / (2 tp + fp + fn), counted over all classes together; nan when no label is true and none is answered.

    A score that equals the threshold is a yes.

    >>> round(micro_f1(np.array([[1, 0], [1, 1]], bool), np.array([[0.9, 0.6], [0.1, 0.5]])), 4)
    0.6667
    """
    both, seen = _agreement(truth, scores, threshold)
    return float(2 * both.sum() / seen.sum()) if seen.any() else float("nan")


def macro_f1(truth: NDArray[np.bool_], scores: NDArray[np.floating], threshold: float = 0.5) -> float:
    """The mean over the classes of 2 tp / (2 tp + fp + fn); nan when no label is true and none is answered.

    A class that neither occurs nor is answered has no F1, and is left out of the mean.
    """
    both, seen = _agreement(truth, scores, threshold)
    there = seen > 0
    return float(np.mean(2 * both[there] / seen[there])) if there.any() else float("nan")


def _agreement(
    truth: NDArray[np.bool_], scores: NDArray[np.floating], threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Per class tp, and 2 tp + fp + fn."""
    truth, answer = np.asarray(truth, bool), np.asarray(scores) >= threshold
    both: NDArray[np.int64] = (truth & answer).sum(0)
    seen: NDArray[np.int64] = truth.sum(0) + answer.sum(0)
    return both, seen
