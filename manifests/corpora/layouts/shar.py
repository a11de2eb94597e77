"""Shar: the archives of lhotse beside its cuts, `recording.000000.tar` for `cuts.000000.jsonl.gz`, read in place.

An archive has two members for each cut, in the order of the cuts: `ID.flac` (or another format), and `ID.json`, the
recording as it was written. The audio is that of the cut alone, so that it is taken whole.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from manifests.address import join
from manifests.corpora.layouts.tars import Member, members
from manifests.corpora.paths import BrokenRow
from manifests.errors import CorpusError
from manifests.files import Files
from manifests.recording import Span

Placed = tuple[str, Span]
"""A cut's id, and where its audio lies."""

_CUTS = re.compile(r"cuts\.(\d+)\.jsonl(?:\.gz)?")


def beside(cuts: str, files: Files) -> Iterator[Placed] | None:
    """The audio in the archive beside a manifest of cuts, in order; None where the cuts are no shar."""
    match = _CUTS.fullmatch(posixpath.basename(cuts))
    if match is None:
        return None
    archive = posixpath.join(posixpath.dirname(cuts), f"recording.{match[1]}.tar")
    if not files.has(archive):
        raise CorpusError("no such file, and there are cuts for it", join(files.root, archive))
    return _placed(archive, files)


def check(cut: Mapping[str, Any], placed: Placed | None) -> Span:
    """Where the audio of a cut lies; BrokenRow where the archive has that of another one."""
    if placed is None or placed[0] != cut.get("id"):
        there = f"that of {placed[0]!r}" if placed else "nothing more"
        raise BrokenRow(f"cut {cut.get('id')!r} has no audio at its place in the archive: there is {there}")
    return placed[1]


def _placed(archive: str, files: Files) -> Iterator[Placed]:
    with files.open(archive) as opened:
        for member in members(opened, join(files.root, archive)):
            name, _, extension = member.name.rpartition(".")
            if extension == "nodata":
                raise CorpusError(
                    f"{name!r} has no audio; {member.name} stands in its place", join(files.root, archive)
                )
            if extension != "json":
                yield name, _span(archive, member)


def _span(archive: str, member: Member) -> Span:
    return Span(archive, offset=member.offset, size=member.size)
