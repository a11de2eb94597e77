"""Window: the index columns of a few shards, and the shards themselves, for as long as training reads from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from manifests.generation import ShardEntry
from manifests.index import PRODUCED
from manifests.shard import ShardReader
from manifests.store import Store
from manifests.where import Where

_TEXTS = ("key", "speaker", "text", "labels", "checksum")
_NUMBERS = ("copy", "part")


def examples(store: Store, entry: ShardEntry, columns: Sequence[str], where: Where | None) -> pa.Table:
    """Some columns of a shard's index, for the examples that fulfil `where`, in the order of the index."""
    asked = where.columns if where else []
    table = store.index(entry, sorted({"fate", *columns, *asked}))
    table = table.filter(pc.equal(table["fate"], PRODUCED))
    if where:
        table = table.filter(pa.array(where.mask(table)))
    return table.select(list(columns))


class Window:
    """The examples of some shards, numbered shard after shard in the order of their indexes.

    Numbers are kept as numpy columns and texts as Arrow columns, so an example takes its texts and some 40
    bytes for each array. Shard files are mapped when the first example of them is asked for.
    `seconds` is how long each example is: the longest of the arrays that are read.
    """

    def __init__(
        self, store: Store, entries: Sequence[ShardEntry], arrays: Sequence[str], where: Where | None = None
    ) -> None:
        self._store, self._entries = store, entries
        self._readers: dict[int, ShardReader] = {}
        numbers = [*_NUMBERS]
        numbers += [f"{spec.name}.{name}" for spec in store.generation.arrays for name in ("offset", "bytes")]
        numbers += [f"{array}.{name}" for array in arrays for name in ("length", "width")]
        rates = [f"{array}.rate" for array in arrays]
        tables = [examples(store, entry, [*_TEXTS, *numbers, *rates], where) for entry in entries]
        table = pa.concat_tables(tables).combine_chunks()
        self._shard = np.repeat(np.arange(len(tables)), [part.num_rows for part in tables])
        self._numbers = {name: table[name].to_numpy() for name in numbers}
        self._texts = table.select(_TEXTS)
        lengths = [self._numbers[f"{array}.length"] / table[f"{array}.rate"].to_numpy() for array in arrays]
        self.seconds: NDArray[np.float64] = np.max(lengths, axis=0)

    def rows(self, numbers: NDArray[np.intp]) -> list[dict[str, Any]]:
        """The index rows of some examples, as far as reading them takes."""
        columns = [column[numbers].tolist() for column in self._numbers.values()]
        columns += [column.to_pylist() for column in self._texts.take(pa.array(numbers)).columns]
        names = [*self._numbers, *_TEXTS]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    def readers(self, numbers: NDArray[np.intp]) -> list[ShardReader]:
        """The reader of the shard of each of these examples."""
        return [self._reader(shard) for shard in self._shard[numbers].tolist()]

    def _reader(self, shard: int) -> ShardReader:
        if shard not in self._readers:
            self._readers[shard] = self._store.shard(self._entries[shard])
        return self._readers[shard]
