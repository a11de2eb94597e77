"""Listing: the lists that a corpus brings along, and those of its folders that are there."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterator, Sequence
from itertools import groupby

from manifests.address import join
from manifests.corpora.folder import AUDIO
from manifests.corpora.lists import lines
from manifests.errors import CorpusError
from manifests.files import Files
from manifests.recording import Span


def text_of(files: Files, name: str) -> str:
    """What a small text file says, as one line."""
    return " ".join(text.strip() for _, text in lines(files, name))


def parts_there(files: Files, known: Sequence[str], asked: Sequence[str] | None) -> list[str]:
    """The folders to read: those that were asked for, or those of `known` that are there, in the order of `known`.

    CorpusError for one that was asked for and is missing, and when there is none.
    """
    there = [part for part in known if (asked is None or part in asked) and files.is_there(part)]
    for part in asked or ():
        if part not in there:
            raise CorpusError("no such folder; name parts that are there", join(files.root, part))
    if not there:
        raise CorpusError(f"holds none of the folders {', '.join(known)}; root is the folder that does", files.root)
    return there


def folders(files: Files, part: str) -> Iterator[tuple[str, list[str]]]:
    """The folders below one that hold files, each as its path from the root with its names; one is held at a time."""
    paths = (f"{part}/{name}" for name in files.paths(part))
    for folder, names in groupby(paths, posixpath.dirname):
        yield folder, [posixpath.basename(name) for name in names]


def is_audio(name: str) -> bool:
    """Whether a name ends as those of audio files do."""
    return posixpath.splitext(name)[1][1:].lower() in AUDIO


def by_stem(files: Files, folder: str, names: Sequence[str]) -> dict[str, str]:
    """The audio among the names of a folder by what stands before the ending; CorpusError for two of one stem."""
    found: dict[str, str] = {}
    for name in names:
        stem = posixpath.splitext(name)[0]
        if not is_audio(name):
            continue
        if stem in found:
            raise CorpusError(f"both {found[stem]} and {name} are there; keep one", join(files.root, folder))
        found[stem] = name
    return found


def span_of(path: str, start: float | str, end: float | str, table: str, line: int) -> Span:
    """The span from one time to another, in seconds, as a table gives them; CorpusError for what is none."""
    try:
        first, last = float(start), float(end)
    except ValueError:
        raise CorpusError(f"{start!r} and {end!r} should be seconds", table, line) from None
    if not 0 <= first < last < math.inf:
        raise CorpusError(f"a span from {first:g} to {last:g} seconds", table, line)
    return Span(path, first, round(last - first, 6))
