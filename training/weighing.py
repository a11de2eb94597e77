"""Weighing: how likely each example is drawn, where not all of them come once an epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manifests.where import Where
from training.errors import DataError
from training.tasks.labels import row_label
from training.window import Part, Window, examples


@dataclass(frozen=True)
class Weighing:
    """The weight of an example, by the number of its store and the value of its label.

    `label` is None where it does not count. Within a store the values of the label share its weight equally, and the
    examples of a value share what falls to it.
    """

    label: str | None
    weights: Mapping[tuple[int, Any], float]

    def of(self, window: Window) -> NDArray[np.float64]:
        """The weight of each example of a window."""
        values = _values(window.texts.to_pylist(), self.label)
        pairs = zip(window.origin.tolist(), values, strict=True)
        return np.array([self.weights[pair] for pair in pairs])


def weigh(
    parts: Sequence[Part], where: Where | None, label: str | None, stores: Sequence[float] | None
) -> Weighing | None:
    """The weighing of the examples of some shards; None where neither label nor stores have weights.

    DataError where an example does not have the label.
    """
    if label is None and stores is None:
        return None
    counts: Counter[tuple[int, Any]] = Counter()
    for part in parts:
        columns = ["key", "speaker", "labels"] if label else ["key"]
        rows = examples(part.store, part.entry, columns, where).to_pylist()
        counts.update((part.number, value) for value in _values(rows, label))
    missing = [number for number, value in counts if label and value is None]
    if missing:
        raise DataError(f"balance: {label}: {sum(counts[n, None] for n in missing)} examples do not have it")
    values = Counter(number for number, _ in counts)
    share = dict(enumerate(stores)) if stores is not None else dict.fromkeys(values, 1.0)
    return Weighing(label, {pair: share[pair[0]] / values[pair[0]] / count for pair, count in counts.items()})


def _values(rows: Sequence[Mapping[str, Any]], label: str | None) -> list[Any]:
    if label is None:
        return [None] * len(rows)
    found = [row_label(row, label) for row in rows]
    return [tuple(value) if isinstance(value, list) else value for value in found]
