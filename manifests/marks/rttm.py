"""rttm: who speaks when, as diarization writes it.

NIST's Rich Transcription Time Marked: ten fields, `SPEAKER recording channel start length text <NA> speaker ..`, `<NA>`
where there is nothing to say; other types of line (SPKR-INFO, LEXEME) are passed over. A trap: tools leave out the last
fields; the speaker is the eighth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from manifests.marks.mark import BrokenMark, Mark, seconds

NOTHING = "<NA>"


def parse(lines: Iterable[tuple[int, str]]) -> Iterator[Mark]:
    """The turns, in order."""
    for line, text in lines:
        fields = text.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        if len(fields) < 8:
            raise BrokenMark(
                f"{len(fields)} fields; there should be: SPEAKER recording channel start length .. name", line
            )
        _, name, channel, begin, length, said, _, speaker = fields[:8]
        start = seconds(begin, line)
        yield Mark(
            start,
            start + seconds(length, line),
            line,
            None if speaker == NOTHING else speaker,
            None if said == NOTHING else said,
            name,
            channel,
        )
