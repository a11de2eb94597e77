"""Rows of an older shard that need no decoding: copied, checked, when nothing about them changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import xxhash

from manifests import index
from manifests.errors import DamagedError, StoreError
from manifests.generation import ShardEntry
from manifests.shard import ShardReader
from manifests.spec import ArraySpec
from manifests.storage import Storage
from pipelines.new_shard import IndexRow
from pipelines.sources import settled
from pipelines.stores.writer import Stored
from pipelines.task import Row

Copied = list[tuple[IndexRow, dict[str, Stored] | None]]


class OldRows:
    """The rows of the shards that a task may copy from, by key. Made by the same chain, so rows are as good as new."""

    def __init__(self, storage: Storage, reuse: Sequence[dict[str, Any]], arrays: Sequence[ArraySpec]) -> None:
        self._arrays = list(arrays)
        self._rows: dict[str, list[tuple[IndexRow, ShardReader | None]]] = {}
        for item in reuse:
            with suppress(StoreError):  # what is damaged or missing is built anew
                self._open(storage, ShardEntry(**item))

    def _open(self, storage: Storage, entry: ShardEntry) -> None:
        reader = ShardReader(storage.fetch(entry.shard, entry.shard_digest), self._arrays) if entry.shard else None
        content = storage.read(entry.index)
        if xxhash.xxh3_128_hexdigest(content) == entry.index_digest:
            for row in index.decode(content, entry.index).to_pylist():
                if row["key"] not in entry.quarantined:
                    self._rows.setdefault(row["key"], []).append((row, reader))

    def unchanged(self, row: Row) -> Copied | None:
        """The old rows of a recording whose manifest row and source file are as they were; else None."""
        old = self._rows.get(row.key)
        if old is None or (old[0][0]["size"], old[0][0]["identity"]) != (row.size, row.identity):
            return None
        return self._copied(row)

    def same_content(self, row: Row, content: str) -> Copied | None:
        """The old rows of a recording whose file was touched, and holds the same bytes; else None."""
        old = self._rows.get(row.key)
        return self._copied(row) if old is not None and old[0][0]["content"] == content else None

    def _copied(self, row: Row) -> Copied | None:
        old = self._rows[row.key]
        if old[0][0]["row"] != row.digest or old[0][0]["split"] != row.split:
            return None
        try:
            return [(self._row(row, found), stored_of(found, reader)) for found, reader in old]
        except DamagedError:
            return None

    def _row(self, row: Row, found: IndexRow) -> IndexRow:
        kept = {name: found[name] for name in index.COLUMNS}
        return kept | {"size": row.size, "identity": settled(row.identity)}


def stored_of(row: IndexRow, reader: ShardReader | None) -> dict[str, Stored] | None:
    """The arrays of an index row as they lie in their shard; None without an example, DamagedError for other bytes."""
    if row["fate"] != index.PRODUCED or reader is None:
        return None
    reader.check(row)
    return {
        spec.name: Stored(reader.raw(row, spec), *(row[f"{spec.name}.{n}"] for n in ("length", "width", "rate")))
        for spec in reader.arrays
    }


def remembered(row: IndexRow) -> Row:
    """A recording as its index row remembers it: enough to copy its examples, not to decode it."""
    text = json.dumps({"key": row["key"], "path": row["path"]})
    return Row(row["key"], row["corpus"], row["split"], row["size"], row["identity"], row["row"], 0.0, text)
