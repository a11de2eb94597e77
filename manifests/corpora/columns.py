"""Columns: which column of a table means what, and how a row of it becomes a Recording."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

from manifests.corpora.paths import BrokenRow as BrokenRow
from manifests.corpora.paths import path_below
from manifests.errors import CorpusError
from manifests.recording import Label, Piece, Recording, Span

Name = Literal["path", "key", "speaker", "text", "split", "start", "seconds", "end", "channel", "pieces"]
NAMES: tuple[Name, ...] = get_args(Name)
TEXTS = ("path", "key", "speaker", "text", "split")
PIECE = ("path", "start", "seconds", "end", "gap", "channel", "speaker", "text")

_ABSENT = object()
_NOTHING: Mapping[Name, str | None] = {}
_MAX_NAMES = 1000


class Columns:
    """The meaning of one table's columns; lives as long as one reading of it.

    `columns` maps our names to the table's; one that is not mapped is the column of the same name, one
    mapped to None is not read. The path is by default the first of `paths` that is there. `seconds` and
    `end` cut a span only where the table has a `start` (elsewhere they tell the length of the file), or
    where they are mapped. `labels` maps a label's name to its column. Everything else becomes `extra`,
    without what is empty. A dotted column, `slots.size`, is a part of a nested value. `native` is like `columns`, for
    what a format calls its columns: there may be some that are not there.

    Paths are relative to `folder`, a folder below `root`. Without a key the path is the key; spans add
    `@start` to it, and channels `#channel`. The column of `pieces`, read only where it is mapped, composes a
    recording of a list of mappings with the names of PIECE, as JSON where the table has text only; the row needs a key.

    Where many tables are read as one, `table` is set to each in turn.
    """

    def __init__(
        self,
        root: str,
        table: str,
        columns: Mapping[Name, str | None],
        labels: Mapping[str, str],
        paths: tuple[str, ...] = ("path", "file"),
        folder: str = "",
        native: Mapping[Name, str | None] = _NOTHING,
    ) -> None:
        self.table = table
        self._root, self._folder = root, folder
        self._columns: dict[str, str | None] = {name: columns.get(name, native.get(name, name)) for name in NAMES}
        self._columns["pieces"] = columns.get("pieces")
        self._labels, self._paths = dict(labels), paths
        self._mapped = frozenset(columns)
        self._missing = {name for name in columns.values() if name} | set(labels.values())
        self._there: dict[str, None] = {}
        self._last = ""
        self._header: tuple[str, ...] | None = None
        self._cells: _Cells

    def check(self, there: Iterable[str]) -> None:
        """CorpusError for a column that was asked for and is not among the ones that are there."""
        names = list(there)
        for name in sorted(self._missing):
            if not _has(names, name):
                raise CorpusError(f"no column {name!r}{_there(name, names)}", self.table)

    def finish(self) -> None:
        """The same after the last row, for tables whose rows have columns of their own."""
        for name in sorted(self._missing):
            raise CorpusError(f"no row has {name!r}{_there(name, list(self._there))}", self.table)

    def recording(self, row: Mapping[str, Any], line: int) -> Recording:
        """The row as a recording; CorpusError with the line when it is broken."""
        if self._missing:
            self._missing = {name for name in self._missing if look_up(row, name) is _ABSENT}
            if len(self._there) < _MAX_NAMES:
                self._there.update(dict.fromkeys(row))
        try:
            return self._recording(row, f"{self.table}:{line}")
        except BrokenRow as problem:
            raise CorpusError(str(problem), self.table, line) from problem

    def _recording(self, row: Mapping[str, Any], origin: str) -> Recording:
        there = tuple(row)
        if there != self._header:
            self._header, self._cells = there, self._resolve(there)
        cells = self._cells
        texts = cells.texts(row)
        written, channel, pieces = texts.pop("path", None), cells.channel(row), cells.pieces(row)
        labels = cells.labels(row) if self._labels else {}
        about: dict[str, Any] = {**texts, "labels": labels, "extra": cells.rest(row), "origin": origin}
        if pieces:
            return self._composed(pieces, channel=channel, **about)
        path = self._path(written)
        start, seconds = cells.span(row)
        key = about.pop("key", None) or _key(path, start, channel)
        return Recording(key, Span(path, start or 0.0, seconds), channel, **about)

    def _composed(self, pieces: list[Any], key: str | None = None, **about: Any) -> Recording:
        if key is None:
            raise BrokenRow("a recording that is composed of pieces needs a key")
        return Recording.composed(key, [self._piece(item, number) for number, item in enumerate(pieces, 1)], **about)

    def _piece(self, item: Any, number: int) -> Piece:
        """One of the pieces of a row; what is wrong with it is said with its number."""
        if not isinstance(item, Mapping):
            raise BrokenRow(f"piece {number} is {item!r}, which is no mapping with a path")
        there = {name: value for name, value in item.items() if value is not None}
        if unknown := [name for name in there if name not in PIECE]:
            raise BrokenRow(f"piece {number} has {unknown[0]!r}; there are {', '.join(PIECE)}")
        cells = _Cells(tuple(there), {name: name for name in there}, {})
        try:
            texts, (start, seconds) = cells.texts(there), cells.span(there)
            span = Span(self._path(texts.get("path")), start or 0.0, seconds)
            gap, channel = cells.number(there, "gap") or 0.0, cells.channel(there)
        except BrokenRow as problem:
            raise BrokenRow(f"piece {number}: {problem}") from problem
        return Piece(span, gap, channel, texts.get("speaker"), texts.get("text"))

    def _resolve(self, there: tuple[str, ...]) -> _Cells:
        names = {name: column for name, column in self._columns.items() if column and _has(there, column)}
        paths = [str(self._columns["path"])] if "path" in self._mapped else list(self._paths)
        path = next((column for column in paths if _has(there, column)), None)
        if path is not None:
            names["path"] = path
        elif "pieces" not in names:
            raise BrokenRow(
                f"no column {' or '.join(paths)}{_there('path', list(there))}; name it: columns: {{path: ..}}"
            )
        if "start" not in names:
            names = {name: column for name, column in names.items() if name not in {"seconds", "end"} - self._mapped}
        return _Cells(there, names, self._labels)

    def _path(self, written: str | None) -> str:
        if written is None:
            raise BrokenRow("the path is empty")
        if written == self._last:
            return written
        path = path_below(self._root, written, self._folder)
        if path == written:
            self._last = written
        return path


class _Cells:
    """Reads the rows of one header under our names."""

    def __init__(self, header: tuple[str, ...], names: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self._names, self._labels = names, labels
        self._texts = [(name, column) for name, column in names.items() if name in TEXTS]
        self._whole = not {"start", "seconds", "end"} & names.keys()
        used = {*names.values(), *labels.values()}
        self._rest = [name for name in header if name not in used]

    def texts(self, row: Mapping[str, Any]) -> dict[str, str | None]:
        """Path, key, speaker, text and split, as far as there are columns for them."""
        return {name: _text(column, look_up(row, column)) for name, column in self._texts}

    def span(self, row: Mapping[str, Any]) -> tuple[float | None, float | None]:
        """Start and length in seconds, None where the row does not say."""
        if self._whole:
            return None, None
        start, seconds, end = self.number(row, "start"), self.number(row, "seconds"), self.number(row, "end")
        if seconds is not None and end is not None:
            raise BrokenRow("has both a length and an end; map one of `seconds` and `end` to null")
        if end is not None:
            seconds = end - (start or 0.0)
        if seconds is not None and seconds <= 0:
            raise BrokenRow(f"a span of {seconds:g} seconds from {start or 0:g}")
        return start, seconds

    def channel(self, row: Mapping[str, Any]) -> int | None:
        value = self.number(row, "channel")
        if value is None:
            return None
        if not value.is_integer():
            raise BrokenRow(f"{self._names['channel']} is {value}, which is no channel; they count from 0")
        return int(value)

    def pieces(self, row: Mapping[str, Any]) -> list[Any]:
        """The pieces that a row is composed of; none where it does not say."""
        column = self._names.get("pieces")
        value = look_up(row, column) if column else None
        try:
            found = json.loads(value) if isinstance(value, str) and value else value
        except ValueError as error:
            raise BrokenRow(f"{column} is no JSON: {error}") from error
        if found in (None, "", _ABSENT):
            return []
        if not isinstance(found, list):
            raise BrokenRow(f"{column} is {found!r}, which is no list of pieces")
        return found

    def labels(self, row: Mapping[str, Any]) -> dict[str, Label]:
        found = ((name, label_in(row, column)) for name, column in self._labels.items())
        return {name: label for name, label in found if label is not None}

    def rest(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The columns that nobody asked for, without what is empty."""
        if not self._rest:
            return {}
        return {name: value for name in self._rest if (value := row[name]) not in (None, "")}

    def number(self, row: Mapping[str, Any], name: str) -> float | None:
        """The value of one of our names as a number of 0 or more; None where the row has none."""
        column = self._names.get(name)
        if column is None:
            return None
        value = look_up(row, column)
        if value is None or value is _ABSENT or value == "":
            return None
        try:
            number = float("nan" if isinstance(value, bool) else value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not 0 <= number < math.inf:
            raise BrokenRow(f"{column} is {value!r}, which is no number of 0 or more")
        return number


def _text(column: str, value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    if value is None or value is _ABSENT:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise BrokenRow(f"{column} is {value!r}, which is no text")


def label_in(row: Mapping[str, Any], column: str) -> Label | None:
    """The label that a column holds, None where there is none; BrokenRow for what can be no label."""
    value = look_up(row, column)
    if value is _ABSENT or value is None or value == "":
        return None
    if isinstance(value, dict):
        raise BrokenRow(f"label {column!r} has parts; name one: {', '.join(f'{column}.{key}' for key in value)}")
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        raise BrokenRow(f"label {column!r} is a list that holds more than text")
    label: Label = value
    return label


def look_up(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column, or of a dotted part of it."""
    if column in row:
        return row[column]
    if "." not in column:
        return _ABSENT
    value: Any = row
    for part in column.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _ABSENT
        value = value[part]
    return value


def _key(path: str, start: float | None, channel: int | None) -> str:
    return path + (f"@{start}" if start is not None else "") + (f"#{channel}" if channel is not None else "")


def _has(there: Sequence[str], column: str) -> bool:
    return column in there or column.partition(".")[0] in there


def _there(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, 1)
    return f"; there are {', '.join(names) or 'none'}" + (f"; did you mean {close[0]}?" if close else "")
