"""How sure a figure is: its interval under resampling of whole groups (clips, speakers), not of rows.

Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7, 1979. Rows of one clip or one
speaker are alike, so a test set of them holds less than their number says. Therefore groups are drawn, with
replacement and each with all its rows (Davison and Hinkley, "Bootstrap Methods and their Application", 1997,
section 3.8). The interval runs between percentiles of the figure over the draws.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def interval(
    statistic: Callable[[NDArray[np.intp]], float],
    groups: Sequence[Hashable],
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """The interval that holds the middle `level` of the statistic over the draws.

    `groups` names the group of each row. `statistic` is given the numbers of the rows of a draw, in which a row
    stands as often as its group was drawn. A draw in which it is nan, such as an error rate without trials, is left
    out. (nan, nan) with fewer than two groups, which say nothing of how groups differ, and when every draw is nan.
    The same arguments give the same interval.

    >>> right = np.array([True, True, False, True])
    >>> interval(lambda rows: float(right[rows].mean()), ["a", "a", "b", "b"])
    (0.5, 1.0)
    """
    found = intervals(lambda rows: {"": statistic(rows)}, groups, seed, draws, level)
    return found.get("", (float("nan"), float("nan")))


def intervals(
    statistics: Callable[[NDArray[np.intp]], Mapping[str, float]],
    groups: Sequence[Hashable],
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    """The same of several statistics, each by its name, which are taken of the same draws.

    One that is missing in a draw is nan there. Empty with fewer than two groups.
    """
    members: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    rows_of = [np.array(rows, np.intp) for rows in members.values()]
    if len(rows_of) < 2:
        return {}
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(len(rows_of), size=len(rows_of)) for _ in range(draws))
    values = [statistics(np.concatenate([rows_of[group] for group in each])) for each in drawn]
    names = dict.fromkeys(name for found in values for name in found)
    return {name: _middle([found.get(name, float("nan")) for found in values], level) for name in names}


def _middle(values: Sequence[float], level: float) -> tuple[float, float]:
    """Between which values the middle `level` of those lie that are numbers."""
    numbers = np.array(values, np.float64)
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        return float("nan"), float("nan")
    low, high = np.quantile(numbers, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
