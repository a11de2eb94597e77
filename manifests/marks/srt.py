"""srt: subtitles of SubRip. Blocks with blank lines between them: a number, `00:00:01,000 --> 00:00:02,500`, the text.

Lines of a text are joined by spaces; markup (<i>, {\\an8}) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from manifests.marks.mark import BrokenMark, Mark, clock, ordered

_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|\{\\[^{}]*\}")


def parse(lines: Iterable[tuple[int, str]]) -> Iterator[Mark]:
    """The subtitles, in order."""
    for block in blocks(lines):
        number, *rest = block
        if number[1].strip().isdigit() and rest:
            number, *rest = rest
        line, times = number
        if "-->" not in times:
            raise BrokenMark(f"there should be 00:00:01,000 --> 00:00:02,500, and not {times.strip()!r}", line)
        first, last = times.split("-->", 1)
        start, end = clock(first, line, ","), clock((last.split() or [""])[0], line, ",")
        ordered(start, end, line)
        text = " ".join(_MARKUP.sub("", text).strip() for _, text in rest).strip()
        yield Mark(start, end, line, text=text)


def blocks(lines: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Lines that stand together, without the blank ones between."""
    block: list[tuple[int, str]] = []
    for line, text in lines:
        if text.strip():
            block.append((line, text))
        elif block:
            yield block
            block = []
    if block:
        yield block
