"""Accuracy, macro F1 and the confusion matrix (Sokolova and Lapalme 2009, "A systematic analysis of performance
measures for classification tasks", tables 2 and 3). Classes are counted from 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def confusion(truth: Sequence[int], answer: Sequence[int], classes: int) -> NDArray[np.int64]:
    """How often each class (row) was answered as each class (column): (classes, classes).

    >>> confusion([0, 0, 1], [0, 1, 1], 2).tolist()
    [[1, 1], [0, 1]]
    """
    pairs = np.asarray(truth, np.int64) * classes + np.asarray(answer, np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def accuracy(matrix: NDArray[np.int64]) -> float:
    """The share of right answers in a confusion matrix; nan when it is empty."""
    total = matrix.sum()
    return float(np.trace(matrix) / total) if total else float("nan")


def macro_f1(matrix: NDArray[np.int64]) -> float:
    """The mean over the classes of 2 tp / (2 tp + fp + fn); nan when the matrix is empty.

    A class that neither occurs nor is answered has no F1, and is left out of the mean.

    >>> round(macro_f1(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]])), 4)
    0.6667
    """
    seen = matrix.sum(0) + matrix.sum(1)  # tp + fp + tp + fn
    there = seen > 0
    return float(np.mean(2 * np.diag(matrix)[there] / seen[there])) if there.any() else float("nan")
