"""Masks: which rows of a generation fulfil what was asked, as an array of true and false."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.browsing.columns import SHOWN, Columns, plain
from explorer.errors import ExplorerError
from manifests.errors import WhereError
from manifests.where import Where

Mask = NDArray[np.bool_]
STEP = 1 << 16
"""Rows that an expression looks at in one go; so many are unpacked at a time."""


def of_split(columns: Columns, split: str) -> Mask:
    """The rows of a split; ExplorerError, naming the splits there are, where it is none of them."""
    known = columns.store.generation.splits()
    if split not in known:
        raise ExplorerError(f"There is no split {split!r}; there are {', '.join(known)}.", "split")
    mask = np.zeros(columns.rows, bool)
    for number, entry in enumerate(columns.entries):
        if entry.split == split:
            mask[columns.starts[number] : columns.starts[number + 1]] = True
    return mask


def of_where(columns: Columns, text: str) -> Mask:
    """The rows that fulfil an expression of manifests.where; ExplorerError, quoting what is wrong, where it is none."""
    try:
        where = Where(text)
        if where.labels:
            where.require(label_names(columns))
        names = where.columns or ["fate"]
        parts = _held(columns, names) if set(names) <= set(SHOWN) else _streamed(columns, names)
        found = [where.mask(part) for part in parts]
    except WhereError as error:
        raise ExplorerError(str(error), "where") from error
    mask = np.concatenate(found) if found else np.zeros(0, bool)
    sound = columns.sound()
    return mask if sound is None else mask & sound


def of_find(columns: Columns, text: str) -> Mask:
    """The rows with a text, in small or large letters, in their key, their text, their speaker or a label."""
    held = columns.load(["key", "text", "speaker", "labels"])
    mask = _has(held["key"], text) | _has(held["text"], text)
    for name in ("speaker", "labels"):
        words = held[name].dictionary
        if name == "labels":
            words = columns.derived("words of labels", lambda: _words(held["labels"].dictionary))
        mask |= taken(_has(words, text), held[name].indices)
    return mask


def label_names(columns: Columns) -> set[str]:
    """The names of all labels of a store."""
    known = set(columns.store.generation.labels)
    if known:
        return known
    distinct = columns.column("labels").dictionary.to_pylist()
    return {name for labels in distinct if labels for name in json.loads(labels)}


def label_values(columns: Columns, name: str) -> tuple[list[Any], NDArray[np.int32]]:
    """Each value that a label has, and for each row the number of its value; -1 where it has none."""
    column = columns.column("labels")
    known: dict[str, int] = {}
    values: list[Any] = []
    numbers = np.full(len(column.dictionary) + 1, -1, np.int32)
    for place, labels in enumerate(column.dictionary.to_pylist()):
        value = json.loads(labels or "{}").get(name)
        if value is None:
            continue
        identity = json.dumps(value, sort_keys=True)
        if identity not in known:
            known[identity] = len(values)
            values.append(value)
        numbers[place] = known[identity]
    return values, taken(numbers, column.indices)


def taken(values: NDArray[Any], indices: pa.Array) -> NDArray[Any]:
    """The value of each place that a dictionary column names; that of the last place, or False, where it names none."""
    places = pc.fill_null(indices, -1).to_numpy(zero_copy_only=False)
    if values.dtype == bool:
        values = np.append(values, False)
    found: NDArray[Any] = values[places]
    return found


def _held(columns: Columns, names: list[str]) -> Iterator[pa.Table]:
    held = columns.load(names)
    for start in range(0, columns.rows, STEP):
        yield pa.table({name: plain(held[name].slice(start, STEP)) for name in names})


def _streamed(columns: Columns, names: list[str]) -> Iterator[pa.Table]:
    """The columns that are not held, shard by shard: a pass over all indexes."""
    return (columns.read(number, names) for number in range(len(columns.entries)))


def _has(values: pa.Array, text: str) -> Mask:
    found = pc.fill_null(pc.match_substring(values, text, ignore_case=True), False)
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask


def _words(labels: pa.Array) -> pa.Array:
    """The values of labels, without their names, as text that is searched."""
    return pa.array([" ".join(_values(json.loads(found or "{}"))) for found in labels.to_pylist()], pa.string())


def _values(labels: dict[str, Any]) -> list[str]:
    return [" ".join(value) if isinstance(value, list) else str(value) for value in labels.values()]
