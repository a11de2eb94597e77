"""Recording: one row of a manifest. What exists, where it is, and what is known about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Label = str | int | float | bool | list[str]

_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file, or the whole of it.

    `path` is relative to the corpus root. `offset` and `size` select bytes when the encoded audio lies
    inside a larger file (a dataset saved to disk, a tar); `start` and `seconds` select time in it. `version` is
    the checksum of the content where it is known: then it does not matter where the bytes lie.
    """

    path: str
    start: float = 0.0
    seconds: float | None = None
    offset: int | None = None
    size: int | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording with its labels. `key` is unique and stays the same when the corpus moves or grows.

    `channel` selects one (from 0), None leaves that to the recipe. `split` is the corpus's own, None
    where it has none. `extra` keeps every other column, as JSON. `origin` says where the row was read,
    "labels.csv:12", so that an error found later can name it; it is no part of what the row says.
    """

    key: str
    span: Span
    channel: int | None = None
    speaker: str | None = None
    text: str | None = None
    labels: Mapping[str, Label] = field(default_factory=dict)
    split: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    origin: str = field(default="", compare=False)

    def to_json(self) -> dict[str, Any]:
        """The row as JSON, without what is not set, and without `origin`."""
        row: dict[str, Any] = {"key": self.key, "path": self.span.path}
        for name in ("start", "seconds", "offset", "size", "version"):
            value = getattr(self.span, name)
            if value not in (None, 0.0) or (name == "offset" and value == 0):
                row[name] = value
        for name in ("channel", "speaker", "text", "labels", "split", "extra"):
            value = getattr(self, name)
            if value is not None and value != {}:
                row[name] = value
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any], origin: str = "") -> Recording:
        """The row that `to_json` wrote."""
        place = {name: row[name] for name in ("offset", "size", "version") if name in row}
        span = Span(row["path"], row.get("start", 0.0), row.get("seconds"), **place)
        rest = {name: row[name] for name in ("channel", "speaker", "text", "labels", "split", "extra") if name in row}
        return cls(key=row["key"], span=span, origin=origin, **rest)

    def encode(self, prefix: str = "", place: bool = True) -> str:
        """The row as JSON text, `prefix` before its key; rows that say the same have the same text.

        Without `place`, what says where the bytes lie is left out.
        """
        row = self.to_json()
        row["key"] = prefix + self.key
        if not place:
            row = {name: value for name, value in row.items() if name not in ("path", "offset", "size")}
        return _JSON.encode(row)
