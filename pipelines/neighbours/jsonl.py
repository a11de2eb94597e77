"""jsonl: a manifest of our own, JSON Lines, each recording as it is. Nothing is lost; paths are absolute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from manifests.address import join
from manifests.recording import Recording
from manifests.rows import write_recordings
from pipelines.errors import LeavingError
from pipelines.neighbours.outgoing import Item, Outgoing


def write(outgoing: Outgoing, out: Path) -> int:
    """Writes one file, .jsonl or .jsonl.gz."""
    if not out.name.endswith((".jsonl", ".jsonl.gz")):
        raise LeavingError(f"{out}: a manifest of ours is called .jsonl, or .jsonl.gz")
    return write_recordings(out, rows(outgoing))


def rows(outgoing: Outgoing) -> Iterator[Recording]:
    for item in outgoing:
        yield anywhere(item)


def anywhere(item: Item) -> Recording:
    """The recording with addresses for paths, which mean the same from everywhere."""
    recording = item.recording
    if recording.pieces:
        pieces = [one._replace(span=one.span._replace(path=join(item.root, one.span.path))) for one in recording.pieces]
        return recording._replace(span=pieces[0].span, pieces=tuple(pieces))
    return recording._replace(span=recording.span._replace(path=join(item.root, recording.span.path)))
