"""Recording: one row of a manifest. What exists, where it is, and what is known about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

Label = str | int | float | bool | list[str]

_NOTHING: Mapping[str, Any] = {}
_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False)


class Span(NamedTuple):
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


class Piece(NamedTuple):
    """A span of a composed recording, with what is known of it alone: who says what.

    `gap` is the silence before it, in seconds: before the first one the recording begins with it.
    """

    span: Span
    gap: float = 0.0
    channel: int | None = None
    speaker: str | None = None
    text: str | None = None


class Recording(NamedTuple):
    """A recording with its labels. `key` is unique and stays the same when the corpus moves or grows.

    `channel` selects one (from 0), None leaves that to the recipe. `split` is the corpus's own, None
    where it has none. `extra` keeps every other column, as JSON. A composed recording has `pieces`, one behind the
    other; `span` is then that of the first: see `composed`. `beside` are other files of the same moment by name, the
    clean speech beside the noisy, each a span of its own; `channel` is of them as well. `origin` says where the row was
    read, "labels.csv:12", so that an error found later can name it; it is no part of what the row says, nor of what
    makes two of them equal.
    """

    key: str
    span: Span
    channel: int | None = None
    speaker: str | None = None
    text: str | None = None
    labels: Mapping[str, Label] = _NOTHING
    split: str | None = None
    extra: Mapping[str, Any] = _NOTHING
    pieces: tuple[Piece, ...] = ()
    beside: Mapping[str, Span] = _NOTHING
    origin: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recording) and self[:-1] == other[:-1]

    def __ne__(self, other: object) -> bool:
        return not self == other

    @classmethod
    def composed(cls, key: str, pieces: Iterable[Piece], **about: Any) -> Recording:
        """The recording of one piece or more, in order; `about` is what is known of the whole."""
        pieces = tuple(pieces)
        return cls(key, pieces[0].span, pieces=pieces, **about)

    @property
    def spans(self) -> tuple[Span, ...]:
        """All its spans: its own in order, then those beside it in order of their names."""
        own = tuple(piece.span for piece in self.pieces) or (self.span,)
        return (*own, *(self.beside[name] for name in sorted(self.beside))) if self.beside else own

    def moved(self, place: Callable[[str], str]) -> Recording:
        """The recording with `place` of each path as its path."""

        def there(span: Span) -> Span:
            return span._replace(path=place(span.path))

        beside = {name: there(span) for name, span in self.beside.items()} if self.beside else self.beside
        pieces = tuple(piece._replace(span=there(piece.span)) for piece in self.pieces)
        return self._replace(span=pieces[0].span if pieces else there(self.span), pieces=pieces, beside=beside)

    def to_json(self) -> dict[str, Any]:
        """The row as JSON, without what is not set, and without `origin`."""
        row: dict[str, Any] = {"key": self.key}
        row |= {"pieces": [_piece_json(piece) for piece in self.pieces]} if self.pieces else _span_json(self.span)
        if self.beside:
            row["beside"] = {name: _span_json(span) for name, span in self.beside.items()}
        for name in ("channel", "speaker", "text", "labels", "split", "extra"):
            value = getattr(self, name)
            if value is not None and value != {}:
                row[name] = value
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any], origin: str = "") -> Recording:
        """The row that `to_json` wrote."""
        rest = {name: row[name] for name in ("channel", "speaker", "text", "labels", "split", "extra") if name in row}
        if row.get("beside"):
            rest["beside"] = {name: _span(span) for name, span in row["beside"].items()}
        if row.get("pieces"):
            return cls.composed(row["key"], map(_piece, row["pieces"]), origin=origin, **rest)
        return cls(key=row["key"], span=_span(row), origin=origin, **rest)

    def encode(self, prefix: str = "", place: bool = True) -> str:
        """The row of `to_json` as JSON text, `prefix` before its key; rows that say the same have the same text.

        Without `place`, what says where the bytes lie is left out. Field by field, in the order of their names:
        plans of millions of rows spend their time here.
        """
        key, span, channel, speaker, text, labels, split, extra, pieces, beside, _ = self
        if pieces or beside:
            return self._encode_several(prefix, place)
        path, start, seconds, offset, size, version = span
        parts = [f'"channel": {channel}'] if channel is not None else []
        if extra:
            parts.append(f'"extra": {_JSON.encode(extra)}')
        parts.append(f'"key": {quoted(prefix + key)}')
        if labels:
            parts.append(f'"labels": {_JSON.encode(labels)}')
        if place:
            if offset is not None:
                parts.append(f'"offset": {offset}')
            parts.append(f'"path": {quoted(path)}')
        if seconds is not None:
            parts.append(f'"seconds": {seconds!r}')
        if place and size is not None:
            parts.append(f'"size": {size}')
        if speaker is not None:
            parts.append(f'"speaker": {quoted(speaker)}')
        if split is not None:
            parts.append(f'"split": {quoted(split)}')
        if start:
            parts.append(f'"start": {start!r}')
        if text is not None:
            parts.append(f'"text": {quoted(text)}')
        if version is not None:
            parts.append(f'"version": {quoted(version)}')
        return "{" + ", ".join(parts) + "}"

    def _encode_several(self, prefix: str, place: bool) -> str:
        row = self.to_json() | {"key": prefix + self.key}
        for span in () if place else (row, *row.get("pieces", ()), *row.get("beside", {}).values()):
            for name in ("path", "offset", "size"):
                span.pop(name, None)
        return _JSON.encode(row)


def _span_json(span: Span) -> dict[str, Any]:
    row: dict[str, Any] = {"path": span.path}
    if span.start:
        row["start"] = span.start
    for name in ("seconds", "offset", "size", "version"):
        value = getattr(span, name)
        if value is not None:
            row[name] = value
    return row


def _piece_json(piece: Piece) -> dict[str, Any]:
    row = _span_json(piece.span) | ({"gap": piece.gap} if piece.gap else {})
    about = {"channel": piece.channel, "speaker": piece.speaker, "text": piece.text}
    return row | {name: value for name, value in about.items() if value is not None}


def _span(row: Mapping[str, Any]) -> Span:
    place = {name: row[name] for name in ("offset", "size", "version") if name in row}
    return Span(row["path"], row.get("start", 0.0), row.get("seconds"), **place)


def _piece(row: Mapping[str, Any]) -> Piece:
    return Piece(_span(row), **{name: row[name] for name in ("gap", "channel", "speaker", "text") if name in row})
