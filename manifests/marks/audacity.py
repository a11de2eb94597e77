"""audacity: the labels that Audacity exports: `start<TAB>end<TAB>text`, in seconds.

https://manual.audacityteam.org/man/importing_and_exporting_labels.html. Lines that begin with a backslash hold the
range of frequencies of the label before them, and are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from manifests.marks.mark import BrokenMark, Mark, ordered, seconds


def parse(lines: Iterable[tuple[int, str]]) -> Iterator[Mark]:
    """The labels, in order; a point has no length."""
    for line, text in lines:
        if not text.strip() or text.startswith("\\"):
            continue
        fields = text.rstrip("\r\n").split("\t", 2)
        if len(fields) < 2:
            raise BrokenMark("there should be start, end and a text with tabs between them", line)
        start, end = seconds(fields[0], line), seconds(fields[1], line)
        ordered(start, end, line)
        yield Mark(start, end, line, text=fields[2].strip() if len(fields) == 3 else "")
