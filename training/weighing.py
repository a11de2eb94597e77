"""Weighing: how likely each example is drawn, where not all of them come once an epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from training.errors import DataError
from training.tasks.labels import row_label
from training.window import Part, Window

Counts = Mapping[Part, Counter[Any]]
"""The examples of each shard, by the value of the label that is balanced; by None where none is."""


@dataclass(frozen=True)
class Weighing:
    """The weight of an example, by the number of its store (0 for all where stores have no weights) and the value of
    its label (None where none is balanced). Over all examples weights add up to 1.

    The examples of a store share its weight: first the values of the label equally, then the examples of each value.
    """

    label: str | None
    by_store: bool
    weights: Mapping[tuple[int, Any], float]

    def of(self, window: Window) -> NDArray[np.float64]:
        """The weight of each example of a window."""
        stores = window.origin.tolist() if self.by_store else [0] * len(window)
        values = values_of(window.facts, self.label)
        return np.array([self.weights[pair] for pair in zip(stores, values, strict=True)])

    def of_shard(self, part: Part, counts: Counter[Any]) -> float:
        """The weight of all examples of a shard together."""
        store = part.number if self.by_store else 0
        return sum(self.weights[store, value] * count for value, count in counts.items())


def weigh(counts: Counts, label: str | None, shares: Sequence[float] | None) -> Weighing | None:
    """The weighing of these examples; None where neither a label nor stores, by their `shares`, are to be weighed.

    DataError where an example does not have the label, or a store has no example.
    """
    if label is None and shares is None:
        return None
    totals: Counter[tuple[int, Any]] = Counter()
    for part, found in counts.items():
        totals.update({(part.number if shares else 0, value): count for value, count in found.items()})
    missing = sum(count for (_, value), count in totals.items() if label and value is None)
    if missing:
        raise DataError(f"balance: {label}: {missing} examples do not have it; leave them out with where")
    values = Counter(store for store, _ in totals)
    share = _shares(shares, values) if shares else {0: 1.0}
    weights = {(store, value): share[store] / values[store] / count for (store, value), count in totals.items()}
    return Weighing(label, shares is not None, weights)


def values_of(table: pa.Table, label: str | None) -> list[Any]:
    """The value of a label for each row of an index; a label that is a list counts as the set of its members."""
    if label is None:
        return [None] * table.num_rows
    found = [row_label(row, label) for row in table.select([column_of(label)]).to_pylist()]
    return [tuple(sorted(value)) if isinstance(value, list) else value for value in found]


def column_of(label: str) -> str:
    """The column of an index that holds a label."""
    return "speaker" if label == "speaker" else "labels"


def _shares(shares: Sequence[float], stores: Mapping[int, int]) -> dict[int, float]:
    """The share of each store in all draws."""
    if not all(0 < share < float("inf") for share in shares):
        raise DataError(f"weights are above 0, got {list(shares)}; to leave a store out, do not name it")
    empty = [number for number in range(len(shares)) if number not in stores]
    if empty:
        raise DataError(f"weights: no example is left of store {empty[0]}, counted from 0, to be drawn")
    return {number: share / sum(shares) for number, share in enumerate(shares)}
