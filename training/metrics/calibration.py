"""Calibration: of the answers given with confidence p, is a share p right?

Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017 (https://arxiv.org/abs/1706.04599),
section 2: the confidences fall into bins of equal width, each of which holds its upper edge and not its lower one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 15


class Bin(NamedTuple):
    """A row of the reliability table: confidences in (low, high]; the first bin holds 0 too."""

    low: float
    high: float
    confidence: float
    """The mean confidence of its answers; nan when there are none."""
    accuracy: float
    """The share of them that is right; nan when there are none."""
    answers: int


def reliability(confidences: NDArray[np.floating], right: NDArray[np.bool_], bins: int = BINS) -> list[Bin]:
    """The reliability table of answers, each with a confidence from 0 to 1 and whether it is right: a row per bin.

    >>> [tuple(row) for row in reliability(np.array([0.2, 0.75]), np.array([False, True]), bins=2)]
    [(0.0, 0.5, 0.2, 0.0, 1), (0.5, 1.0, 0.75, 1.0, 1)]
    """
    confidences = np.asarray(confidences, np.float64)
    edges = np.linspace(0, 1, bins + 1)
    place = np.digitize(confidences, edges[1:-1], right=True)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):  # an empty bin is 0 / 0, and has nan for its means
        confidence = np.bincount(place, confidences, bins) / counts
        accuracy = np.bincount(place, np.asarray(right, np.float64), bins) / counts
    columns = (edges[:-1], edges[1:], confidence, accuracy, counts)
    return [Bin(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def expected_calibration_error(confidences: NDArray[np.floating], right: NDArray[np.bool_], bins: int = BINS) -> float:
    """The mean over the answers of |accuracy - confidence| of their bin (ECE, equation 3); nan when there are none."""
    rows = [row for row in reliability(confidences, right, bins) if row.answers]
    total = sum(row.answers for row in rows)
    return sum(row.answers * abs(row.accuracy - row.confidence) for row in rows) / total if total else float("nan")
