"""Reading the encoded bytes of recordings, each file once in a row."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import xxhash

from features.audio.clip import decode_clip
from features.example import Known, Piece, Source
from features.resources import Clip, Clips
from manifests.files import open_files
from manifests.recording import Recording, Span
from manifests.requests import Requests
from pipelines.task import Row, digest

SETTLED_NS = 2_000_000_000
"""File systems keep times in steps of up to two seconds: a file changed twice within them looks the same."""


def settled(identity: str) -> str:
    """The identity of files that are read now; "" where one was modified just before, so that they are read again."""
    now = time.time_ns()
    just_now = any(version.isdigit() and now - int(version) < SETTLED_NS for version in identity.split(" "))
    return "" if just_now else identity


class Sources:
    """The corpora of a build. What was read last is kept, since spans of one file follow each other."""

    def __init__(self, roots: Mapping[str, str], requests: Requests | None = None) -> None:
        self._files = {name: open_files(root, requests) for name, root in roots.items()}
        self._kept: dict[tuple[str, _Place], _Read] = {}

    def read(self, corpus: str, path: str, offset: int | None = None, size: int | None = None) -> bytes:
        """The bytes of a file, or of `size` bytes of it from `offset`; OSError when it cannot be read."""
        return self._read(corpus, [(path, offset, size)])[path, offset, size][0]

    def source(self, corpus: str, recording: Recording) -> Source:
        """What the decode stage reads of a recording; OSError where a file of it cannot be read."""
        data = self._read(corpus, map(_place, recording.spans))
        own = _own(recording, data)
        if not recording.beside:
            return own
        beside = {name: _source(span, recording.channel, data) for name, span in recording.beside.items()}
        return replace(own, beside=beside)

    def _read(self, corpus: str, places: Iterable[_Place]) -> dict[_Place, _Read]:
        """The bytes at each of some places, which are then what is kept."""
        files, kept = self._files[corpus], self._kept
        wanted = [(place, (corpus, place)) for place in dict.fromkeys(places)]
        data = {place: kept[key] if key in kept else (files.read(*place), Known()) for place, key in wanted}
        self._kept = {(corpus, place): found for place, found in data.items()}
        return data


_Place = tuple[str, int | None, int | None]
_Read = tuple[bytes, Known]


def _own(recording: Recording, data: Mapping[_Place, _Read]) -> Source:
    """The recording itself, without what is beside it."""
    if not recording.pieces:
        return _source(recording.span, recording.channel, data)
    pieces = []
    for span, gap, channel, speaker, text in recording.pieces:
        picked = recording.channel if channel is None else channel
        pieces.append(Piece(_source(span, picked, data), gap, speaker, text))
    return Source(b"", recording.span.path, pieces=tuple(pieces))


def _place(span: Span) -> _Place:
    return span.path, span.offset, span.size


def _source(span: Span, channel: int | None, data: Mapping[_Place, _Read]) -> Source:
    content, known = data[_place(span)]
    return Source(content, span.path, span.start, span.seconds, channel, known=known)


def content_of(source: Source) -> str:
    """A digest of the encoded bytes: xxh3-128; of several files, over those and the spans of all of them."""
    if source.beside:
        beside = [(n, content_of(one), one.start, one.seconds, one.channel) for n, one in sorted(source.beside.items())]
        return digest(content_of(replace(source, beside={})), beside)
    if not source.pieces:
        return _digest(source)
    sources = [piece.source for piece in source.pieces]
    spans = [(_digest(one), one.start, one.seconds, one.channel) for one in sources]
    return digest(spans, [piece.gap for piece in source.pieces])


def _digest(source: Source) -> str:
    known = source.known
    known.digest = known.digest or xxhash.xxh3_128_hexdigest(source.data)
    return known.digest


def clip_entry(row: Row) -> list[Any]:
    """What `open_clips` must know of a recording."""
    span = row.recording.span
    return [row.key, row.split, span.path, span.offset, span.size]


def open_clips(
    roots: Mapping[str, str], entries: Mapping[str, Sequence[Sequence[Any]]], requests: Requests | None = None
) -> dict[str, Clips]:
    """The corpora that stages draw from, by name, decoded on demand; `entries` holds the `clip_entry` of each clip."""
    sources = Sources(roots, requests)

    def clip(corpus: str, key: str, split: str, path: str, offset: int | None, size: int | None) -> Clip:
        return Clip(key, split, lambda: sources.read(corpus, path, offset, size))

    return {corpus: Clips([clip(corpus, *entry) for entry in found], decode_clip) for corpus, found in entries.items()}
