"""ctm: words in time, as recognisers write them: `recording channel start length word [confidence]`.

NIST's format; lines that begin with ;; are comments. Each line is a word, so that a mark is one too: words between
which there is less than a pause become one utterance in the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from manifests.marks.mark import BrokenMark, Mark, seconds


def parse(lines: Iterable[tuple[int, str]]) -> Iterator[Mark]:
    """The words, in order."""
    for line, text in lines:
        fields = text.split()
        if not fields or text.startswith(";;"):
            continue
        if len(fields) < 5:
            raise BrokenMark(f"{len(fields)} fields; there should be: recording channel start length word", line)
        name, channel, begin, length, word = fields[:5]
        start = seconds(begin, line)
        yield Mark(start, start + seconds(length, line), line, text=word, recording=name, channel=channel)
