"""Verification: do two recordings hold the same speaker? Pairs of embeddings, equal error rate, detection cost.

A trial is a score, more meaning the same, and whether it is the same. A threshold accepts the scores at or above it:
it misses some trials of the same speaker, and falsely accepts some of different ones. The detection cost weighs both,
as in NIST's Speaker Recognition Evaluation Plan of 2016, section 3, and the equal error rate is where their rates meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def pairs(embeddings: NDArray[np.floating], speakers: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Every pair of embeddings (n, dim): its cosine, and whether the speaker is the same, both (n (n - 1) / 2,).

    They stand in the order (0, 1), (0, 2), .., (1, 2), .. An embedding of zeros has cosine 0 with all others. 10,000
    embeddings take about 2.5 GB.

    >>> pairs(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]]), ["theo", "theo", "lucas"])[0].tolist()
    [1.0, 0.0, 0.0]
    """
    vectors = np.asarray(embeddings, np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(norms > 0, norms, 1)
    _, number = np.unique(np.asarray(speakers), return_inverse=True)
    first, second = np.triu_indices(len(unit), 1)
    return (unit @ unit.T)[first, second], number[first] == number[second]


def equal_error_rate(scores: NDArray[np.floating], same: NDArray[np.bool_]) -> float:
    """The rate at which misses and false accepts meet, on straight lines between the thresholds that there are.

    Trials of equal score are one threshold, so their order does not count. It is worked out in whole numbers, so it
    is exact up to the last rounding. nan unless there are trials of both kinds.

    >>> equal_error_rate(np.array([0.9, 0.6, 0.7, 0.1]), np.array([True, True, False, False]))
    0.5
    """
    missed, accepted = _errors(scores, same)
    n_same, n_different = int(missed[0]), int(accepted[-1])
    if not n_same or not n_different:
        return float("nan")
    gap = missed * n_different - accepted * n_same  # falls from n_same n_different to its negative
    after = int(np.argmax(gap <= 0))
    above, below = int(gap[after - 1]), int(gap[after])
    before, step = int(accepted[after - 1]), int(accepted[after]) - int(accepted[after - 1])
    return float((before + Fraction(above * step, above - below)) / n_different)


def min_detection_cost(
    scores: NDArray[np.floating], same: NDArray[np.bool_], p_target: float = 0.01, miss: float = 1, accept: float = 1
) -> float:
    """The least detection cost of any threshold (minDCF), over that of always giving the cheaper answer: 0 to 1.

    With the rates of misses and false accepts, a cost is miss p_target (missed) + accept (1 - p_target) (accepted);
    `miss` and `accept` are what one such error costs. nan unless there are trials of both kinds.
    """
    missed, accepted = _errors(scores, same)
    if not missed[0] or not accepted[-1]:
        return float("nan")
    of_misses, of_accepts = miss * p_target, accept * (1 - p_target)
    costs = of_misses * (missed / missed[0]) + of_accepts * (accepted / accepted[-1])
    return float(costs.min() / min(of_misses, of_accepts))


def _errors(scores: NDArray[np.floating], same: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many are missed and falsely accepted, from the threshold that accepts nothing to that which accepts all."""
    scores, same = np.asarray(scores), np.asarray(same, bool)
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)[: len(order)]  # of each run of equal scores
    right = np.concatenate([[0], np.cumsum(same[order], dtype=np.int64)[last]])
    accepted = np.concatenate([[0], np.cumsum(~same[order], dtype=np.int64)[last]])
    return right[-1] - right, accepted
