"""Order: the rows of a generation sorted by a column, a label, or what a model made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.browsing.columns import REPEATED, SHOWN, Columns
from explorer.browsing.masks import label_names, label_values, taken
from explorer.errors import ExplorerError

Rows = NDArray[np.int32]
Numbers = NDArray[np.float64]
SCORE = "score:"
"""How the name of a score begins that rows are sorted by: score:RUN:SPLIT:NAME."""


def sorted_rows(columns: Columns, name: str, descending: bool, score: Callable[[str], Numbers]) -> Rows:
    """All rows in the order of a column of SHOWN, of a label, or of a score; what has no value comes last either way.

    Rows that are alike keep the order of the store. `score` gives the numbers of a score for each row, nan where there
    is none. ExplorerError for a name that is none of these.
    """
    if name.startswith(SCORE):
        return _by_number(score(name), descending)
    if name in REPEATED and name != "labels":
        column = columns.column(name)
        return _by_number(taken(_ranks(column.dictionary.to_pylist()), column.indices), descending)
    if name in SHOWN and name != "labels":
        how = "descending" if descending else "ascending"
        return pc.array_sort_indices(columns.column(name), order=how).to_numpy().astype(np.int32)  # type: ignore[no-any-return]
    if name in label_names(columns):
        values, numbers = label_values(columns, name)
        return _by_number(_ranks(values)[numbers], descending)
    known = ", ".join((*(one for one in SHOWN if one != "labels"), *sorted(label_names(columns))))
    raise ExplorerError(f"Rows cannot be sorted by {name!r}; there are {known}.", "sort")


def _ranks(values: list[Any]) -> Numbers:
    """The place of each value in their order, and behind them nan, for what has no value; numbers come before text."""
    places = sorted((place for place, value in enumerate(values) if value is not None), key=lambda at: _key(values[at]))
    ranks = np.full(len(values) + 1, np.nan)
    ranks[places] = np.arange(len(places))
    return ranks


def _key(value: Any) -> tuple[int, float, str]:
    if isinstance(value, bool | int | float):
        return 0, float(value), ""
    return 1, 0.0, " ".join(value) if isinstance(value, list) else str(value)


def _by_number(numbers: Numbers, descending: bool) -> Rows:
    return np.argsort(-numbers if descending else numbers, kind="stable").astype(np.int32)
