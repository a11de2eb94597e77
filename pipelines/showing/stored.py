"""Stored: one example of a store, read back as it flowed through the chain that made it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from features.example import Example
from manifests.errors import StoreError
from manifests.generation import ShardEntry, labels_of
from manifests.index import PRODUCED
from manifests.store import Store
from pipelines.stored_array import as_array

Row = dict[str, Any]


def example(store: str | Path, key: str, copy: int = 0, part: int = 0) -> Example:
    """One example of the store at `store`, a path, or `path@12` for its generation 12; it shows itself in a notebook.

    `key` is that of the recording, `copy` and `part` say which of its examples. StoreError where there is no such
    example, with the reason where the recording was left out; DamagedError where it is not as it was written.
    """
    opened = Store.open(store)
    entry, rows = find(opened, key)
    (row,) = require(store, rows, copy, part)
    if row["fate"] != PRODUCED:
        raise StoreError(f"{store}: no example of {key!r}: {_what_it_is(row)}")
    return read(opened, entry, row)


def find(store: Store, key: str) -> tuple[ShardEntry, list[Row]]:
    """The shard that holds a recording, and its rows in the index, one for each example; StoreError where none does.

    Of every index until then, only the keys are looked at.
    """
    for entry in store.generation.shards:
        if pc.any(pc.equal(store.index(entry, ["key"])["key"], key)).as_py():
            table = store.index(entry)
            return entry, table.filter(pc.equal(table["key"], key)).to_pylist()
    raise StoreError(f"{store.storage.root}: no recording {key!r}; wavemill ls {store.storage.root} lists them")


def require(store: str | Path, rows: Sequence[Row], copy: int | None = None, part: int | None = None) -> list[Row]:
    """The rows of a recording with that copy and part, None for any; StoreError, with what there is, if none is."""
    wanted = {name: number for name, number in (("copy", copy), ("part", part)) if number is not None}
    chosen = [row for row in rows if all(row[name] == number for name, number in wanted.items())]
    if not chosen:
        asked = ", ".join(f"{name} {number}" for name, number in wanted.items())
        raise StoreError(f"{store}: {rows[0]['key']!r} has no {asked}; there: {'; '.join(map(_what_it_is, rows))}")
    return chosen


def _what_it_is(row: Row) -> str:
    if row["fate"] == PRODUCED:
        return f"copy {row['copy']}, part {row['part']}"
    return f"{row['fate']} by {row['stage']}: {row['reason']}"


def read(store: Store, entry: ShardEntry, row: Row) -> Example:
    """The example of an index row; DamagedError, with the key, unless its bytes are those that were written."""
    reader = store.shard(entry)
    reader.check(row)
    arrays = {spec.name: as_array(reader.read(row, spec.name), spec, row) for spec in store.generation.arrays}
    notes = json.loads(row["notes"] or "{}")
    who = row["text"], row["speaker"], labels_of(row), row["split"]
    return Example(row["key"], None, arrays, *who, row["copy"], row["part"], notes)
