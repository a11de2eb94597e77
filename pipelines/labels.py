"""Labels as columns: which there are over all recordings, and of which type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from manifests.errors import CorpusError
from manifests.index import COLUMNS
from manifests.spec import ArraySpec


class LabelTypes:
    """Sees the labels of recordings pass, and remembers each one's type: string, int64, float64, bool or strings."""

    def __init__(self, arrays: Iterable[ArraySpec]) -> None:
        self._taken = {*COLUMNS, *(spec.name for spec in arrays)}
        self._first: dict[str, tuple[str, str]] = {}

    def see(self, key: str, labels: Mapping[str, Any]) -> None:
        """The labels of a recording; CorpusError for one of two types, or with the name of a column."""
        for name, value in labels.items():
            kind = _type(value)
            if name in self._taken:
                raise CorpusError(f"{key}: a label cannot be called {name!r}, which is a column of the store")
            known, first = self._first.setdefault(name, (kind, key))
            if known == kind:
                continue
            if {known, kind} != {"int64", "float64"}:
                raise CorpusError(f"the label {name!r} is {known} in {first} and {kind} in {key}; make it one of them")
            self._first[name] = ("float64", first)

    def types(self) -> dict[str, str]:
        return {name: kind for name, (kind, _) in sorted(self._first.items())}


def _type(value: Any) -> str:
    for kind, name in ((bool, "bool"), (int, "int64"), (float, "float64"), (str, "string")):
        if isinstance(value, kind):
            return name
    return "strings"
