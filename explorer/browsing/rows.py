"""Rows: a page of a table, as JSON: what is known of each row without opening its shard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from explorer.browsing.columns import SHOWN, Columns
from explorer.browsing.order import Numbers, Rows

FEW_SHARDS = 4
"""Up to so many indexes are read for a page by themselves; for more, the columns are read for all rows, and stay."""


Row = dict[str, Any]


def described(columns: Columns, rows: Sequence[int] | Rows, scores: Mapping[str, Numbers] | None = None) -> list[Row]:
    """Each row as JSON: its number, the columns of SHOWN, `score` by name where scores are given, and `problem` where
    its index is damaged.
    """
    numbers = np.asarray(rows, np.int64)
    shards = np.searchsorted(columns.starts, numbers, side="right") - 1
    if columns.loaded(SHOWN) or len(np.unique(shards)) > FEW_SHARDS:
        held = columns.load(SHOWN)
        places = pa.array(numbers)
        found: list[Row] = pa.table({name: held[name].take(places) for name in SHOWN}).to_pylist()
    else:
        found = [{} for _ in numbers]
        for shard in np.unique(shards).tolist():
            places = np.flatnonzero(shards == shard)
            part = columns.table(shard).select(SHOWN).take(numbers[places] - columns.starts[shard])
            for place, row in zip(places.tolist(), part.to_pylist(), strict=True):
                found[place] = row
    for row, number, shard in zip(found, numbers.tolist(), shards.tolist(), strict=True):
        row["row"], row["labels"] = number, json.loads(row["labels"] or "{}")
        if shard in columns.problems:
            row["problem"] = columns.problems[shard]
        if scores:
            row["score"] = {name: finite(float(values[number])) for name, values in scores.items()}
    return found


def finite(value: float | None) -> float | None:
    """The number, None for one that JSON does not have."""
    return value if value is not None and np.isfinite(value) else None
