"""vtt: subtitles of the web, https://www.w3.org/TR/webvtt1/.

After the line WEBVTT, blocks with blank lines between them: perhaps an identifier, `00:01.000 --> 00:02.500` with
settings behind it, and the text. `<v Ann>` names who speaks; other tags are left out, &amp; and its like are letters
again. NOTE, STYLE and REGION are passed over.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from manifests.marks.mark import BrokenMark, Mark, clock, ordered
from manifests.marks.srt import blocks

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"<[^<>]*>")
_OTHERS = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")


def parse(lines: Iterable[tuple[int, str]]) -> Iterator[Mark]:
    """The cues, in order."""
    first = True
    for block in blocks(lines):
        line, text = block[0]
        if first:
            first = False
            if not re.match(r"WEBVTT(\s|$)", text):
                raise BrokenMark("should begin with WEBVTT", line)
            continue
        if _OTHERS.match(text):
            continue
        if "-->" not in text and len(block) > 1:
            line, text = block[1]
            block = block[1:]
        if "-->" not in text:
            raise BrokenMark(f"there should be 00:01.000 --> 00:02.500, and not {text.strip()!r}", line)
        begin, rest = text.split("-->", 1)
        start, end = clock(begin, line, "."), clock((rest.split() or [""])[0], line, ".")
        ordered(start, end, line)
        said = " ".join(text.strip() for _, text in block[1:])
        voice = _VOICE.search(said)
        speaker = html.unescape(voice[1].strip()) if voice else None
        yield Mark(start, end, line, speaker, html.unescape(_TAG.sub("", said)).strip())
