"""Distribution: how durations, speakers and labels spread over the rows of a selection."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.browsing.columns import REPEATED, Columns
from explorer.browsing.masks import Mask, label_names, label_values
from explorer.errors import ExplorerError

BARS = 40
LISTED = 40
"""Values that are counted by name; the others are counted together."""
MOST_KINDS = 12
"""A label with more different numbers than these has a histogram."""


def distribution(columns: Columns, of: str, mask: Mask | None) -> dict[str, Any]:
    """A histogram of numbers (`seconds`, a label with many numbers), or the most frequent values with their counts
    (`speaker`, `split`, `fate`, `stage`, any other label). `missing` counts rows without a value.

    ExplorerError for a name that is none of these.
    """
    if of == "seconds":
        seconds = columns.column("seconds").to_numpy(zero_copy_only=False)
        return histogram(seconds if mask is None else seconds[mask])
    if of in REPEATED and of != "labels":
        column = columns.column(of)
        numbers = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
        return counted(column.dictionary.to_pylist(), numbers if mask is None else numbers[mask])
    if of not in label_names(columns):
        known = ", ".join(("seconds", "speaker", *sorted(label_names(columns))))
        raise ExplorerError(f"There is no distribution of {of!r}; there are {known}.", "of")
    values, numbers = label_values(columns, of)
    numbers = numbers if mask is None else numbers[mask]
    if len(values) > MOST_KINDS and all(isinstance(value, int | float) for value in values):
        return histogram(np.append(np.array(values, float), np.nan)[numbers])
    return counted(values, numbers)


def histogram(values: NDArray[np.float64]) -> dict[str, Any]:
    """Counts between edges that lie evenly at round numbers; the last bar takes the two in a hundred that are longest,
    where these reach far.

    >>> histogram(np.array([0.0, 0.1, 0.1, 1.0, np.nan]))["missing"]
    1
    """
    known = values[np.isfinite(values)]
    missing = len(values) - len(known)
    if not len(known):
        return {"kind": "histogram", "edges": [], "counts": [], "missing": missing}
    low, high, most = float(known.min()), float(known.max()), float(np.quantile(known, 0.98))
    reach = high if high <= low + 1.5 * (most - low) else most
    step = _round_step((reach - low) / BARS)
    first = np.floor(low / step)
    edges = (first + np.arange(int(np.floor(reach / step) - first) + 2)) * step
    if high >= edges[-1]:
        edges = np.append(edges, high)
    counts, _ = np.histogram(known, edges)
    shown = [float(f"{edge:.12g}") for edge in edges]
    return {"kind": "histogram", "edges": shown, "counts": counts.tolist(), "missing": missing}


def counted(values: list[Any], numbers: NDArray[Any]) -> dict[str, Any]:
    """How often each value occurs, the most frequent first; `others` are values that are not listed, `rest` their rows.

    >>> counted(["a", "b"], np.array([1, 1, 0, -1]))["values"]
    [['b', 2], ['a', 1]]
    """
    counts = np.bincount(numbers[numbers >= 0], minlength=len(values))
    places = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    listed = [[values[place], int(counts[place])] for place in places[:LISTED].tolist()]
    rest = int(counts[places[LISTED:]].sum())
    missing = int(np.count_nonzero(numbers < 0))
    return {
        "kind": "values",
        "values": listed,
        "others": max(len(places) - LISTED, 0),
        "rest": rest,
        "missing": missing,
    }


def _round_step(rough: float) -> float:
    """The next 1, 2 or 5 times a power of ten.

    >>> _round_step(0.03), _round_step(0)
    (0.05, 1.0)
    """
    if rough <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999999))
