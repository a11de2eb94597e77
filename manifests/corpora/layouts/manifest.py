"""manifest: a manifest of wavemill's own, JSON Lines or CSV, as `wavemill manifest RECIPE --to jsonl` writes it.

Of JSON Lines, each row is a recording as it is: key, path, span, channel, speaker, text, labels, split, extra, pieces.
In CSV the columns have the same names; each label is a column `label.NAME`, or `label.NAME:int` (float, bool, list)
where it is no text, and lists, extra and pieces are JSON. Paths are relative to `root`, or absolute and below it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.paths import BrokenRow, path_below
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording
from manifests.rows import problem
from manifests.tables import json_rows, table_rows

LABEL = re.compile(r"label\.(?P<name>.+?)(?::(?P<kind>int|float|bool|list|text))?", re.DOTALL)
COLUMNS = ("key", "path", "start", "seconds", "offset", "size", "version", "channel", "speaker", "text", "split")
JSON = ("extra", "pieces")
_NUMBERS: dict[str, Any] = {"start": float, "seconds": float, "offset": int, "size": int, "channel": int}
_KINDS: dict[str, Any] = {"int": int, "float": float, "list": json.loads, "bool": {"true": True, "false": False}.get}


class Manifest(Reader):
    name: ClassVar[str] = "manifest"

    path: str = Field(description="The manifest, relative to root: .jsonl or .csv (also .gz).")

    def read(self) -> Iterator[Recording]:
        table, opened = join(self.root, self.path), partial(self.files.open, self.path)
        delimited = ".csv" in self.path.lower()[-7:]
        for line, row in table_rows(table, opened=opened) if delimited else json_rows(table, opened):
            try:
                fields = from_cells(row) if delimited else row
                if wrong := problem(fields):
                    raise BrokenRow(wrong)
                yield below(self.root, Recording.from_json(fields, origin=f"{table}:{line}"))
            except BrokenRow as broken:
                raise CorpusError(str(broken), table, line) from broken


def from_cells(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of CSV as `Recording.from_json` takes it; BrokenRow for a value that is none."""
    found: dict[str, Any] = {}
    for column, cell in row.items():
        if not cell:
            continue
        match = LABEL.fullmatch(column)
        if match:
            found.setdefault("labels", {})[match["name"]] = _value(column, cell, _KINDS.get(match["kind"] or "text"))
        elif column in (*COLUMNS, *JSON):
            found[column] = _value(column, cell, json.loads if column in JSON else _NUMBERS.get(column))
        else:
            raise BrokenRow(f"unknown column {column!r}; the reader table reads tables of any columns")
    return found


def below(root: str, recording: Recording) -> Recording:
    """The recording with paths below the root."""
    if recording.pieces:
        pieces = [
            one._replace(span=one.span._replace(path=path_below(root, one.span.path))) for one in recording.pieces
        ]
        return recording._replace(span=pieces[0].span, pieces=tuple(pieces))
    return recording._replace(span=recording.span._replace(path=path_below(root, recording.span.path)))


def _value(column: str, cell: str, parse: Any) -> Any:
    try:
        value = parse(cell) if parse else cell
    except ValueError as error:
        raise BrokenRow(f"{column} is {cell!r}: {error}") from error
    if value is None:
        raise BrokenRow(f"{column} is {cell!r}; write true or false")
    if isinstance(value, float) and not math.isfinite(value):
        raise BrokenRow(f"{column} is {cell!r}, which is no number")
    return value
