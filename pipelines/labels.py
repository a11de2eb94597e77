"""Labels as columns: which there are over all recordings, and of which type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from manifests.errors import CorpusError
from manifests.index import COLUMNS
from manifests.spec import ArraySpec
from pipelines.task import Row


class LabelTypes:
    """Watches rows pass, and remembers the type of each label: string, int64, float64, bool or strings."""

    def __init__(self, arrays: Iterable[ArraySpec]) -> None:
        self._taken = {*COLUMNS, *(spec.name for spec in arrays)}
        self._first: dict[str, tuple[str, str]] = {}

    def watch(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows as they are; CorpusError for a label of two types, or with the name of a column."""
        for row in rows:
            for name, value in row.recording.labels.items():
                self._see(name, _type(value), row)
            yield row

    def types(self) -> dict[str, str]:
        return {name: kind for name, (kind, _) in sorted(self._first.items())}

    def _see(self, name: str, kind: str, row: Row) -> None:
        if name in self._taken:
            raise CorpusError(f"{row.key}: a label cannot be called {name!r}, which is a column of the store")
        known, first = self._first.setdefault(name, (kind, row.key))
        if known == kind:
            return
        if {known, kind} != {"int64", "float64"}:
            raise CorpusError(f"the label {name!r} is {known} in {first} and {kind} in {row.key}; make it one of them")
        self._first[name] = ("float64", first)


def _type(value: Any) -> str:
    for kind, name in ((bool, "bool"), (int, "int64"), (float, "float64"), (str, "string")):
        if isinstance(value, kind):
            return name
    return "strings"
