"""csv: a table for spreadsheets and data frames, which our reader `manifest` reads again.

A column for each field that any recording has, and for each label: `label.NAME` for text, `label.NAME:int`, `:float`,
`:bool` and `:list` for others. The recordings are read twice, since the header comes first.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from manifests.corpora.layouts.manifest import COLUMNS, JSON, LABEL
from manifests.storage import LocalStorage
from pipelines.errors import LeavingError
from pipelines.labels import LabelTypes
from pipelines.neighbours.jsonl import anywhere
from pipelines.neighbours.outgoing import Outgoing

_KINDS = {"string": "", "int64": ":int", "float64": ":float", "bool": ":bool", "strings": ":list"}


def write(outgoing: Outgoing, out: Path) -> int:
    """Writes one file, .csv."""
    if out.suffix != ".csv":
        raise LeavingError(f"{out}: a table is called .csv")
    fields, types = _survey(outgoing)
    names = [name for name in COLUMNS if name in fields]
    labels = {name: _column(name, kind) for name, kind in types.items()}
    names += [*labels.values(), *(name for name in JSON if name in fields)]
    count = 0
    with LocalStorage(out.parent).new_file(out.name) as file:
        file.write(_line(names))
        for item in outgoing:
            row = anywhere(item).to_json()
            cells = {name: _cell(item.key, name, value) for name, value in row.items() if name != "labels"}
            cells |= {labels[name]: _cell(item.key, name, value) for name, value in item.recording.labels.items()}
            file.write(_line(cells.get(name, "") for name in names))
            count += 1
        file.commit(out.name, replace=True)
    return count


def _survey(outgoing: Outgoing) -> tuple[set[str], Mapping[str, str]]:
    """The fields that any recording has, and the type of each label."""
    fields: set[str] = set()
    types = LabelTypes([])
    for item in outgoing:
        fields |= item.recording.to_json().keys()
        types.see(item.key, item.recording.labels)
    return fields, types.types()


def _column(name: str, kind: str) -> str:
    """The column of a label; one that would be read as another label says that it is text."""
    column = f"label.{name}{_KINDS[kind]}"
    match = LABEL.fullmatch(column)
    assert match is not None
    return column if match["name"] == name else f"{column}:text"


def _cell(key: str, name: str, value: Any) -> str:
    if isinstance(value, str):
        if value == "":
            raise LeavingError(f"{key}: {name} is empty, which CSV cannot tell from none; --to jsonl can")
        if "\0" in value or "\r" in value:
            raise LeavingError(
                f"{key}: {name} holds a carriage return or a NUL, which CSV does not keep; --to jsonl does"
            )
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _line(cells: Iterable[str]) -> bytes:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerow(list(cells))
    return sink.getvalue().encode()
