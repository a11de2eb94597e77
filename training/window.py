"""Window: the index columns of a few shards, and the shards themselves, for as long as training reads from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from manifests.generation import ShardEntry
from manifests.index import PRODUCED
from manifests.shard import ShardReader
from manifests.spec import ArraySpec
from manifests.store import Store
from manifests.where import Where

IDENTITY = ("key", "copy", "part")
_FACTS = (*IDENTITY, "speaker", "text", "labels", "checksum")

Keep = Callable[[pa.Table], NDArray[np.bool_]]
"""Which rows of a table with the columns of IDENTITY count."""


@dataclass(frozen=True, eq=False)
class Part:
    """A shard of one of the stores that are read; `number` counts the stores from 0."""

    store: Store
    entry: ShardEntry
    number: int = 0


def examples(
    store: Store, entry: ShardEntry, columns: Sequence[str], where: Where | None, keep: Keep | None = None
) -> pa.Table:
    """Some columns of a shard's index, for the examples that fulfil `where` and `keep`, in the order of the index."""
    asked = [*(where.columns if where else ()), *(IDENTITY if keep else ())]
    table = store.index(entry, sorted({"fate", *columns, *asked}))
    table = table.filter(pc.equal(table["fate"], PRODUCED))
    if where:
        table = table.filter(pa.array(where.mask(table)))
    if keep:
        table = table.filter(pa.array(keep(table)))
    return table.select(list(columns))


class Window:
    """The examples of some shards, numbered shard after shard in the order of their indexes.

    Places of arrays are kept as numpy columns and `facts` (keys, texts, labels) as an Arrow table, so an example takes
    its texts and some 40 bytes for each array. Shard files are mapped when the first example of them is asked for.
    `seconds` is how long each example is: the longest of the arrays that are read. `origin` is the number of the store
    of each. `where` and `keep` say which examples there are.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        specs: Sequence[ArraySpec],
        where: Where | None = None,
        keep: Keep | None = None,
        notes: bool = False,
    ) -> None:
        self._parts, self.specs = parts, specs
        self._readers: dict[int, ShardReader] = {}
        names = [spec.name for spec in specs]
        places = [f"{spec.name}.{name}" for spec in parts[0].store.generation.arrays for name in ("offset", "bytes")]
        places += [f"{array}.{name}" for array in names for name in ("length", "width", "rate")]
        facts = [*_FACTS, "notes"] if notes else [*_FACTS]
        tables = [examples(part.store, part.entry, [*facts, *places], where, keep) for part in parts]
        table = pa.concat_tables(tables).combine_chunks()
        sizes = [found.num_rows for found in tables]
        self._shard = np.repeat(np.arange(len(tables)), sizes)
        self.origin = np.repeat([part.number for part in parts], sizes)
        self._places = {name: table[name].to_numpy() for name in places}
        self.facts = table.select(facts)
        self.seconds = _seconds(self._places, names)

    def __len__(self) -> int:
        return len(self._shard)

    def read(self, numbers: NDArray[np.intp], check: bool = True) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The index rows of some examples, and the arrays of each by name, (length, width) in their stored types.

        DamagedError, with the key, where an example is not as it was written and `check` is True.
        """
        rows = self._rows(numbers)
        readers = [self._reader(shard) for shard in self._shard[numbers].tolist()]
        if check:
            for row, reader in zip(rows, readers, strict=True):
                reader.check(row)
        return rows, [self._arrays(row, reader) for row, reader in zip(rows, readers, strict=True)]

    def _rows(self, numbers: NDArray[np.intp]) -> list[dict[str, Any]]:
        """The index rows of some examples, as far as reading them takes."""
        columns = [column[numbers].tolist() for column in self._places.values()]
        columns += [column.to_pylist() for column in self.facts.take(pa.array(numbers)).columns]
        names = [*self._places, *self.facts.column_names]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    def _arrays(self, row: Mapping[str, Any], reader: ShardReader) -> dict[str, Any]:
        return {spec.name: reader.read(row, spec.name) for spec in self.specs}

    def _reader(self, shard: int) -> ShardReader:
        if shard not in self._readers:
            part = self._parts[shard]
            self._readers[shard] = part.store.shard(part.entry)
        return self._readers[shard]


def _seconds(places: Mapping[str, NDArray[Any]], names: Sequence[str]) -> NDArray[np.float64]:
    """How long each example is: the longest of its arrays that follow the time, else the longest in steps."""
    timed = [name for name in names if (places[f"{name}.rate"] > 0).all()]  # tokens of a text have no rate
    if timed:
        lengths = [places[f"{name}.length"] / places[f"{name}.rate"] for name in timed]
    else:
        lengths = [places[f"{name}.length"].astype(np.float64) for name in names]
    longest: NDArray[np.float64] = np.max(lengths, axis=0)
    return longest
