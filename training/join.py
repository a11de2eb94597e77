"""Join: arrays from a second store, for the examples that it has with the same key, copy and part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from manifests.spec import ArraySpec
from manifests.store import Store
from training.errors import DataError
from training.window import IDENTITY, Part, Window, examples


@dataclass(frozen=True)
class Joined:
    """The examples of another store that belong to a window: `order` has the number of each in `window`."""

    window: Window
    order: NDArray[np.intp]

    def read(self, numbers: NDArray[np.intp], check: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """What `Window.read` answers, for the numbers that examples have in the first store's window."""
        return self.window.read(self.order[numbers], check)


class Join:
    """Which examples of a split another store has, and in which of its shards: 16 bytes of memory for each of them.

    Examples are found by a hash of their key, copy and part, and what was found is compared with what was sought.
    """

    def __init__(self, store: Store, split: str, specs: Sequence[ArraySpec]) -> None:
        self.store, self.specs = store, specs
        self._parts = [Part(store, entry) for entry in store.entries(split) if entry.examples]
        hashes = [row_hashes(examples(store, part.entry, IDENTITY, None)) for part in self._parts]
        joined = np.concatenate([np.empty(0, np.uint64), *hashes])
        order = np.argsort(joined)
        self._hashes = joined[order]
        self._shards = np.repeat(np.arange(len(hashes)), [len(found) for found in hashes])[order]

    def holds(self, table: pa.Table) -> NDArray[np.bool_]:
        """Which rows of an index, with key, copy and part, have an example here."""
        wanted = row_hashes(table)
        places = np.searchsorted(self._hashes, wanted)
        found = np.append(self._hashes, np.uint64(0))[places] == wanted
        return np.asarray(found & (places < len(self._hashes)))

    def beside(self, window: Window) -> Joined:
        """The examples here that belong to a window, all of which are here."""
        wanted = row_hashes(window.facts)
        shards = np.unique(self._shards[np.searchsorted(self._hashes, wanted)])
        parts = [self._parts[shard] for shard in shards.tolist()]
        found = Window(parts, self.specs, keep=lambda table: np.isin(row_hashes(table), wanted))
        hashes = row_hashes(found.facts)
        ascending = np.argsort(hashes)
        order = ascending[np.searchsorted(hashes[ascending], wanted)]
        ours, theirs = (
            table.select(IDENTITY).to_pylist() for table in (window.facts, found.facts.take(pa.array(order)))
        )
        for one, other in zip(ours, theirs, strict=True):
            if one != other:
                raise DataError(f"{self.store.storage.root}: {other['key']} has the hash of {one['key']}; rename one")
        return Joined(found, order)


def row_hashes(table: pa.Table) -> NDArray[np.uint64]:
    """What examples are found by: 64 bits of xxh3 over key, copy and part, for each row of an index."""
    rows = zip(*(table[name].to_pylist() for name in IDENTITY), strict=True)
    hashes = (xxhash.xxh3_64_intdigest(f"{key}\x1f{copy}\x1f{part}".encode()) for key, copy, part in rows)
    return np.fromiter(hashes, np.uint64, table.num_rows)
