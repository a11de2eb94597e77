"""Columns: the indexes of a generation side by side, read column by column when one is asked for, and kept small.

A row is known by its number: rows count from 0 in the order of the generation's shards, and of each index. Names that
repeat are held once and referred to by number. A shard whose index is damaged keeps its places, with nothing in them,
so that the others can be looked at; `problems` says what is wrong with it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from manifests import index
from manifests.errors import DamagedError, StoreError
from manifests.store import Store

SHOWN = ("key", "copy", "part", "split", "fate", "stage", "reason", "speaker", "text", "labels", "seconds")
"""The columns that are held in memory: what a table shows of a row."""
REPEATED = ("split", "fate", "stage", "speaker", "labels")
TABLES_BYTES = 48 << 20
"""Of whole indexes, as Arrow tables, that are kept for rows that are looked at one by one."""


class Columns:
    """The index rows of a generation. Made without reading any index; safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self.store, self.entries = store, store.generation.shards
        counts = [entry.examples + entry.filtered + entry.rejected for entry in self.entries]
        self.starts: NDArray[np.int64] = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        self.rows = int(self.starts[-1])
        self.problems: dict[int, str] = {}
        self._columns: dict[str, pa.Array] = {}
        self._tables: OrderedDict[int, pa.Table] = OrderedDict()
        self._lock, self._table_lock = RLock(), RLock()  # a page need not wait until a column is read

    @property
    def nbytes(self) -> int:
        """The memory that is taken by now."""
        return sum(column.nbytes for column in (*list(self._columns.values()), *list(self._tables.values())))

    def loaded(self, names: Iterable[str]) -> bool:
        return all(name in self._columns for name in names)

    def column(self, name: str) -> pa.Array:
        """A column of SHOWN for all rows: large_string, a dictionary for REPEATED, or a number."""
        return self.load([name])[name]

    def load(self, names: Sequence[str]) -> dict[str, pa.Array]:
        """Several columns of SHOWN, read in one pass over the indexes; what is there already is not read again."""
        with self._lock:
            missing = [name for name in names if name not in self._columns]
            if missing:
                parts = [self.read(number, missing) for number in range(len(self.entries))]
                for name in missing:
                    self._columns[name] = _joined(name, [part[name] for part in parts])
            return {name: self._columns[name] for name in names}

    def read(self, number: int, names: Sequence[str] | None = None) -> pa.Table:
        """Columns of one shard's index, by default all; rows of nothing where it is damaged or gone."""
        entry, rows = self.entries[number], int(self.starts[number + 1] - self.starts[number])
        try:
            table = self.store.index(entry, names)
            if table.num_rows != rows:
                raise DamagedError(f"{entry.index}: {table.num_rows} rows, and {rows} in the generation")
        except (StoreError, OSError) as error:
            self.problems[number] = inside(str(error), self.store)
            schema = index.schema(self.store.generation.arrays)
            wanted = [schema.field(name) for name in (names or schema.names)]
            return pa.table({field.name: pa.nulls(rows, field.type) for field in wanted}, pa.schema(wanted))
        return table

    def table(self, number: int) -> pa.Table:
        """The whole index of one shard; the last few are kept."""
        with self._table_lock:
            found = self._tables.pop(number, None)
            found = self.read(number) if found is None else found
            self._tables[number] = found
            while len(self._tables) > 1 and sum(table.nbytes for table in self._tables.values()) > TABLES_BYTES:
                self._tables.popitem(last=False)
            return found

    def place(self, row: int) -> tuple[int, int]:
        """The number of the shard that a row lies in, and its place there; IndexError where there is no such row."""
        if not 0 <= row < self.rows:
            raise IndexError(f"row {row}; there are {self.rows}")
        number = int(np.searchsorted(self.starts, row, side="right")) - 1
        return number, int(row - self.starts[number])

    def row(self, row: int) -> dict[str, Any]:
        """One index row with every column; DamagedError where its index cannot be read."""
        number, at = self.place(row)
        (found,) = self.table(number).slice(at, 1).to_pylist()
        if number in self.problems:
            raise DamagedError(self.problems[number])
        return dict(found)

    def sound(self) -> NDArray[np.bool_] | None:
        """False where the index of a row is damaged, as far as is known by now; None where none is."""
        if not self.problems:
            return None
        mask = np.ones(self.rows, bool)
        for number in self.problems:
            mask[self.starts[number] : self.starts[number + 1]] = False
        return mask

    def derived(self, name: str, make: Callable[[], pa.Array]) -> pa.Array:
        """An array that is made of the columns, once."""
        with self._lock:
            if name not in self._columns:
                self._columns[name] = make()
            return self._columns[name]

    def forget(self) -> None:
        """Lets go of all that was read; it is read again when asked for."""
        with self._lock, self._table_lock:
            self._columns.clear()
            self._tables.clear()


def inside(message: str, store: Store) -> str:
    """What is wrong with a store, without where it lies: visitors know it by its name."""
    return message.replace(f"{store.storage.root}/", "").replace(str(store.storage.root), "the store")


def plain(column: pa.Array) -> pa.Array:
    """A column of SHOWN in the type that an index has, as manifests.where reads it; for a slice, not for all rows."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column


def _joined(name: str, parts: Sequence[pa.ChunkedArray]) -> pa.Array:
    kind = index.COLUMNS[name]
    if name in REPEATED:
        encoded = [part.combine_chunks().dictionary_encode() for part in parts]
        whole = pa.chunked_array(encoded, pa.dictionary(pa.int32(), kind)).unify_dictionaries().combine_chunks()
        return _narrow(whole)
    kind = pa.large_string() if kind == pa.string() else kind
    whole = pa.chunked_array([chunk for part in parts for chunk in part.cast(kind).chunks], kind).combine_chunks()
    return whole


def _narrow(column: Any) -> pa.Array:
    """A dictionary column with the smallest numbers that are enough."""
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], pa.dictionary(pa.int32(), pa.string()))
    count = len(column.dictionary)
    small = pa.int8() if count < 128 else pa.int16() if count < 32768 else pa.int32()
    return pa.DictionaryArray.from_arrays(column.indices.cast(small), column.dictionary)
