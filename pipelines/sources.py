"""Reading the encoded bytes of recordings, each file once in a row."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from features.audio.clip import decode_clip
from features.example import Source
from features.resources import Clip, Clips
from manifests.files import open_files
from manifests.recording import Recording
from manifests.requests import Requests
from pipelines.task import Row

SETTLED_NS = 2_000_000_000
"""File systems keep times in steps of up to two seconds: a file changed twice within them looks the same."""


def settled(identity: str) -> str:
    """The identity of a file that is read now; "" for one that was modified just before, so it is read again."""
    just_now = identity.isdigit() and time.time_ns() - int(identity) < SETTLED_NS
    return "" if just_now else identity


class Sources:
    """The corpora of a build. The last file read is kept, since spans of one file follow each other."""

    def __init__(self, roots: Mapping[str, str], requests: Requests | None = None) -> None:
        self._files = {name: open_files(root, requests) for name, root in roots.items()}
        self._last: tuple[str, str, int | None, int | None] | None = None
        self._data = b""

    def read(self, corpus: str, path: str, offset: int | None = None, size: int | None = None) -> bytes:
        """The bytes of a file, or of `size` bytes of it from `offset`; OSError when it cannot be read."""
        wanted = (corpus, path, offset, size)
        if wanted != self._last:
            self._data = self._files[corpus].read(path, offset, size)
            self._last = wanted
        return self._data

    def source(self, corpus: str, recording: Recording) -> Source:
        """What the decode stage reads of a recording."""
        span = recording.span
        data = self.read(corpus, span.path, span.offset, span.size)
        return Source(data, span.path, span.start, span.seconds, recording.channel)


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
