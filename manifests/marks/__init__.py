"""Marks: when what is said in a long recording, in the formats of subtitles, annotators and recognisers.

Each parser is a pure function: the lines of a file in, a stream of marks out. BrokenMark for a line that is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

from manifests.marks.mark import BrokenMark as BrokenMark
from manifests.marks.mark import Mark as Mark

Lines = Iterable[tuple[int, str]]
"""Lines of text, with their numbers from 1."""

PARSERS = {
    "srt": "manifests.marks.srt",
    "vtt": "manifests.marks.vtt",
    "ctm": "manifests.marks.ctm",
    "rttm": "manifests.marks.rttm",
    "textgrid": "manifests.marks.textgrid",
    "audacity": "manifests.marks.audacity",
}
ENDINGS = {"srt": "srt", "vtt": "vtt", "ctm": "ctm", "rttm": "rttm", "textgrid": "textgrid", "txt": "audacity"}
"""The format that a file's ending stands for."""

SEVERAL = ("ctm", "rttm")
"""Formats whose lines name the recording that they belong to."""


def parser(format: str) -> Callable[[Lines], Iterator[Mark]]:
    """The parser of a format, one of PARSERS."""
    found: Callable[[Lines], Iterator[Mark]] = import_module(PARSERS[format]).parse
    return found
