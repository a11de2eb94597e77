"""Join: arrays from a second store, for the examples that it has with the same key, copy and part."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from manifests.spec import ArraySpec
from manifests.store import Store
from training.errors import DataError
from training.window import Part, Window, examples

KEPT = 16
"""Indexes of shards that stay in memory."""


class Join:
    """Where the examples of a split lie in another store: 16 bytes of memory for each of them."""

    def __init__(self, store: Store, split: str, specs: Sequence[ArraySpec]) -> None:
        self.store, self.specs = store, specs
        self._entries = [entry for entry in store.entries(split) if entry.examples]
        hashes = [row_hashes(examples(store, entry, ["key", "copy", "part"], None)) for entry in self._entries]
        places = [
            np.stack([np.full(len(found), number), np.arange(len(found))], 1).astype(np.int32)
            for number, found in enumerate(hashes)
        ]
        joined = np.concatenate([np.empty(0, np.uint64), *hashes])
        order = np.argsort(joined)
        self._hashes, self._places = joined[order], np.concatenate([np.empty((0, 2), np.int32), *places])[order]
        self._windows: OrderedDict[int, Window] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_windows": OrderedDict()}

    def holds(self, table: pa.Table) -> NDArray[np.bool_]:
        """Which rows of an index, with key, copy and part, have an example here."""
        wanted = row_hashes(table)
        if not len(self._hashes):
            return np.zeros(len(wanted), np.bool_)
        found = np.searchsorted(self._hashes, wanted).clip(max=len(self._hashes) - 1)
        return np.asarray(self._hashes[found] == wanted)

    def read(self, rows: Sequence[Mapping[str, Any]], check: bool) -> list[dict[str, Any]]:
        """The arrays of the examples with the keys, copies and parts of these index rows, which are all here."""
        wanted = np.array([row_hash(row["key"], row["copy"], row["part"]) for row in rows], np.uint64)
        found: list[dict[str, Any]] = []
        for row, (entry, number) in zip(rows, self._places[np.searchsorted(self._hashes, wanted)], strict=True):
            (other,), (arrays,) = self._window(int(entry)).read(np.array([number]), check)
            if other["key"] != row["key"]:
                raise DataError(f"{self.store.storage.root}: {row['key']} is not where its index says")
            found.append(arrays)
        return found

    def _window(self, entry: int) -> Window:
        if entry not in self._windows:
            self._windows[entry] = Window([Part(self.store, self._entries[entry])], self.specs)
            if len(self._windows) > KEPT:
                self._windows.popitem(last=False)
        self._windows.move_to_end(entry)
        return self._windows[entry]


def row_hashes(table: pa.Table) -> NDArray[np.uint64]:
    """The `row_hash` of each row of an index."""
    columns = (table[name].to_pylist() for name in ("key", "copy", "part"))
    return np.fromiter((row_hash(*row) for row in zip(*columns, strict=True)), np.uint64, table.num_rows)


def row_hash(key: str, copy: int, part: int) -> int:
    """What an example is found by: 64 bits of xxh3 over its key, copy and part."""
    return xxhash.xxh3_64_intdigest(f"{key}\x1f{copy}\x1f{part}".encode())
