"""Scores: what models made of a store's rows, from the files that evaluate leaves in the folders of runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from threading import RLock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from explorer.browsing.columns import Columns
from explorer.browsing.order import SCORE, Numbers
from explorer.errors import ExplorerError

PREFIX, SUFFIX = "evaluate-", ".parquet"
KEPT = 4
"""Scores, of 8 bytes a row each, that are kept for the next request."""
WHO = ["key", "copy", "part"]


class Scores:
    """The evaluations of one store among the folders of runs, by the runs' names."""

    def __init__(self, address: str, runs: Mapping[str, Path]) -> None:
        self._address, self._runs = address, runs
        self._kept: OrderedDict[tuple[str, int], Numbers] = OrderedDict()
        self._lock = RLock()

    def there(self) -> list[dict[str, Any]]:
        """Each evaluation of this store: the run, the split, and the names of the numbers that there are of a row."""
        return [
            {"run": run, "split": split, "measures": measures(path)}
            for run, split, path in self._files()
            if same_place(str(facts_of(path).get("store", "")), self._address)
        ]

    def numbers(self, columns: Columns, name: str) -> Numbers:
        """A number for each row by its name, score:RUN:SPLIT:MEASURE; nan where a row was not evaluated, and infinity
        where it was, and what came of it is no number. ExplorerError for a score that is not there.
        """
        with self._lock:
            path, measure = self._place(name)
            kept = (name, path.stat().st_mtime_ns)
            if kept not in self._kept:
                self._kept[kept] = _aligned(columns, path, measure)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(kept)
            return self._kept[kept]

    def said(self, key: str, copy: int, part: int) -> list[dict[str, Any]]:
        """What each evaluation of this store says of one example: run, split, the answer in words, and numbers."""
        found = []
        for one in self.there():
            path = self._path(one["run"], one["split"])
            rows = pq.read_table(path, filters=[("key", "=", key), ("copy", "=", copy), ("part", "=", part)])
            for row in rows.to_pylist():
                numbers = {name: _finite(row[name]) for name in one["measures"]}
                found.append({"run": one["run"], "split": one["split"], "said": row["said"], "numbers": numbers})
        return found

    def _files(self) -> Iterator[tuple[str, str, Path]]:
        for run, folder in self._runs.items():
            for path in sorted(Path(folder).glob(f"{PREFIX}*{SUFFIX}")):
                yield run, path.name.removeprefix(PREFIX).removesuffix(SUFFIX), path

    def _path(self, run: str, split: str) -> Path:
        """The file of an evaluation, looked up among those that are there."""
        path = next((path for name, of, path in self._files() if (name, of) == (run, split)), None)
        if path is None:
            known = ", ".join(f"{name}:{of}" for name, of, _ in self._files())
            raise ExplorerError(f"There is no evaluation {run}:{split}; there are {known or 'none'}.", "sort")
        return path

    def _place(self, name: str) -> tuple[Path, str]:
        run, _, rest = name.removeprefix(SCORE).rpartition(":")[0].rpartition(":")
        measure = name.rpartition(":")[2]
        path = self._path(run, rest)
        if measure not in measures(path):
            raise ExplorerError(f"There is no {measure!r} in it; there are {', '.join(measures(path))}.", "sort")
        return path, measure


def facts_of(path: Path) -> dict[str, Any]:
    """What the scores in a file are of: store, split, where."""
    import json

    found: dict[str, Any] = json.loads((pq.read_schema(path).metadata or {}).get(b"wavemill", b"{}"))
    return found


def measures(path: Path) -> list[str]:
    """The names of the numbers that a file has of each example."""
    fields = pq.read_schema(path)
    return [field.name for field in fields if pa.types.is_floating(field.type) or pa.types.is_boolean(field.type)]


def same_place(one: str, other: str) -> bool:
    """Whether two addresses name one store, of whatever generation; a relative one is compared with the end.

    >>> same_place("stores/digits@3", "/data/stores/digits"), same_place("/a/digits@1", "/b/digits")
    (True, False)
    """
    short, long = sorted((PurePosixPath(path.partition("@")[0]).parts for path in (one, other)), key=len)
    return bool(short) and long[-len(short) :] == short


def _aligned(columns: Columns, path: Path, measure: str) -> Numbers:
    table = pq.read_table(path, columns=[*WHO, measure])
    keys = table["key"].combine_chunks().cast(pa.large_string())
    known = pc.unique(keys)
    held = columns.load(WHO)
    rows = _codes(pc.index_in(held["key"], value_set=known), held["copy"], held["part"])
    scored = _codes(pc.index_in(keys, value_set=known), table["copy"].combine_chunks(), table["part"].combine_chunks())
    values = table[measure].cast(pa.float64()).to_numpy()
    values = np.where(np.isnan(values), np.inf, values)
    order = np.argsort(scored, kind="stable")
    if not len(order):
        return np.full(columns.rows, np.nan)
    places = order[np.minimum(np.searchsorted(scored[order], rows), len(order) - 1)]
    found: Numbers = np.where(scored[places] == rows, values[places], np.nan)
    return found


def _codes(keys: pa.Array, copies: pa.Array, parts: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    """One number for a key's number, a copy and a part; -1 where the key is not known."""
    key, copy, part = (
        pc.fill_null(one, -1).to_numpy(zero_copy_only=False).astype(np.int64) for one in (keys, copies, parts)
    )
    return np.where(key < 0, -1, (key << 32) + (copy << 16) + part)


def _finite(value: float | bool | None) -> float | bool | None:
    return value if value is None or np.isfinite(value) else None
