"""marks: long recordings whose utterances are marked in time, by subtitles, annotations or the words of a recogniser.

    {reader: marks, root: DATA/talks}                              talk.mp3 with talk.srt beside it
    {reader: marks, root: DATA/meetings, path: all.rttm}           one file for all recordings

Formats, each known by its ending: SRT, WebVTT, CTM, RTTM, TextGrid of Praat, and labels of Audacity (.txt). Beside the
recordings, a file of marks has the name of its recording; CTM and RTTM may also be one file for all, whose lines name
a recording by its file's name without the ending, or by its path. Each mark becomes a span with its text and speaker;
its key is the recording's path with the times behind it. Words of a CTM that lie closer than `pause` are one
utterance.

Recordings without marks are not read. Traps: subtitles are timed for the eye, and may begin early or late by half a
second. Of a TextGrid `tier` says which layer is read, and a tier for each speaker is read with `tiers: speakers`.
Marks without text, as Praat's silences are, and those without length are passed over, except RTTM's, which has no
texts.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import partial
from typing import ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.folder import AUDIO
from manifests.corpora.layouts.lookup import Entry, Lookup
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.marks import ENDINGS, PARSERS, SEVERAL, BrokenMark, Mark, parser
from manifests.recording import Recording, Span
from manifests.tables import text_lines


class Marks(Reader):
    name: ClassVar[str] = "marks"

    path: str = Field(default="", description="One CTM or RTTM for all recordings, relative to root.")
    format: Literal["srt", "vtt", "ctm", "rttm", "textgrid", "audacity"] | None = Field(
        default=None, description="The format; by default each file's ending says it."
    )
    tier: str | None = Field(default=None, description="The tier of a TextGrid; needed where there are several.")
    tiers: Literal["one", "speakers"] = Field(default="one", description="speakers: each tier is a speaker's.")
    by_channel: bool = Field(
        default=False, description="True where channels of CTM and RTTM are those of the files: 1 or A is the first."
    )
    pause: float = Field(default=0.5, ge=0, description="Silence that ends an utterance of words, in seconds.")

    def read(self) -> Iterator[Recording]:
        if self.path:
            yield from self._of_all()
            return
        found = False
        for audio, marks in self._pairs():
            found = True
            yield from self._spans(audio, self._marks(marks), join(self.root, marks))
        if not found:
            raise CorpusError("holds no recording with marks of the same name beside it", self.root)

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """The recordings that have marks of their name, with these. The names of one folder are held at a time."""
        there: dict[str, dict[str, str]] = {}
        last = ""
        for name in self.files.paths():
            folder, (stem, ending) = posixpath.dirname(name), posixpath.splitext(name)
            if folder != last:  # folders come where their names stand among the files of the one above
                there = {one: pair for one, pair in there.items() if f"{folder}/".startswith(_within(one))}
                last = folder
            kind = "audio" if ending[1:].lower() in AUDIO else "marks" if self._format(name) else None
            if kind is None:
                continue
            pair = there.setdefault(stem, {})
            if kind in pair:
                raise CorpusError(f"both {pair[kind]} and {name} are there; keep one, or name the `format`", self.root)
            pair[kind] = name
            if len(pair) == 2:
                yield pair["audio"], pair["marks"]

    def _of_all(self) -> Iterator[Recording]:
        """The spans of one file of marks, whose lines name their recordings."""
        format = self._format(self.path)
        table = join(self.root, self.path)
        if format not in SEVERAL:
            raise CorpusError("names no recordings; only CTM and RTTM are for several", table)
        known = Lookup(self.root, self._audio())
        waiting: list[Mark] = []
        for mark in self._marks(self.path):
            if waiting and mark.recording != waiting[0].recording:
                yield from self._spans(self._named(known, waiting[0], table), waiting, table)
                waiting = []
            waiting.append(mark)
        if waiting:
            yield from self._spans(self._named(known, waiting[0], table), waiting, table)

    def _audio(self) -> Iterator[Entry]:
        """The recordings by path and by name without ending; names that several have stand for none."""
        seen: dict[str, str] = {}
        for number, path in enumerate(self.files.paths()):
            stem, ending = posixpath.splitext(path)
            if ending[1:].lower() in AUDIO:
                for name in dict.fromkeys((path, stem, posixpath.basename(stem))):
                    if name in seen and seen[name] != path:
                        raise CorpusError(f"both {seen[name]} and {path} would be {name!r}; rename one", self.root)
                    if name not in seen:
                        seen[name] = path
                        yield number, name, path

    def _named(self, known: Lookup, mark: Mark, table: str) -> str:
        found = known.get(mark.recording or "")
        if found is None:
            raise CorpusError(f"there is no recording {mark.recording!r}", table, mark.line)
        return found

    def _marks(self, name: str) -> Iterator[Mark]:
        table, format = join(self.root, name), self._format(name)
        assert format is not None
        try:
            yield from parser(format)(text_lines(table, partial(self.files.open, name)))
        except BrokenMark as problem:
            raise CorpusError(str(problem), table, problem.line or None) from problem

    def _format(self, name: str) -> str | None:
        found = ENDINGS.get(posixpath.splitext(name)[1][1:].lower())
        if self.format is not None:
            own = next((ending for ending, format in ENDINGS.items() if format == self.format), "")
            return self.format if name == self.path or name.lower().endswith(f".{own}") else None
        return found if found in PARSERS else None

    def _spans(self, audio: str, marks: Iterable[Mark], table: str) -> Iterator[Recording]:
        wanted, words = self._wanted(marks, table), self._format(table) == "ctm"
        for mark in _utterances(wanted, Decimal(repr(self.pause))) if words else wanted:
            start, seconds = float(mark.start), float(mark.end - mark.start)
            turn = mark.recording is not None and mark.speaker is not None
            if seconds <= 0 or not (mark.text or turn):
                continue
            speaker = mark.tier if self.tiers == "speakers" else mark.speaker
            key = f"{audio}@{mark.start}-{mark.end}" + (f"/{speaker}" if speaker else "")
            span, channel = Span(audio, start, seconds), self._channel(mark, table)
            yield Recording(key, span, channel, speaker, mark.text or None, origin=f"{table}:{mark.line}")

    def _channel(self, mark: Mark, table: str) -> int | None:
        """The channel of the file that a mark is of, from 0; None where that is not asked for."""
        if mark.channel is None or not self.by_channel:
            return None
        found = int(mark.channel) - 1 if mark.channel.isdecimal() else ord(mark.channel[0].upper()) - ord("A")
        if not 0 <= found < 26:
            raise CorpusError(f"{mark.channel!r} is no channel; they are 1, 2, .. or A, B, ..", table, mark.line)
        return found

    def _wanted(self, marks: Iterable[Mark], table: str) -> Iterator[Mark]:
        """The marks of the tiers that are read."""
        first, found, channel = None, False, None
        for mark in marks:
            if not self.by_channel and channel is not None and mark.channel != channel:
                both = f"{channel} and {mark.channel}"
                raise CorpusError(f"has channels {both} of one recording; say `by_channel: true`", table, mark.line)
            channel = mark.channel
            if mark.tier is None or self.tiers == "speakers" or mark.tier == self.tier:
                found = True
                yield mark
            elif self.tier is None:
                first = first or mark.tier
                if mark.tier != first:
                    raise CorpusError(f"has tiers {first!r} and {mark.tier!r}; name one: tier: ..", table, mark.line)
                found = True
                yield mark
        if self.tier is not None and not found:
            raise CorpusError(f"has no tier {self.tier!r}", table)


def _within(name: str) -> str:
    """What the names of all files begin with that lie in or below the folder of a file."""
    return f"{folder}/" if (folder := posixpath.dirname(name)) else ""


def _utterances(marks: Iterable[Mark], pause: Decimal) -> Iterator[Mark]:
    """Words of a CTM, put together where the silence between them is shorter than a pause."""
    last: Mark | None = None
    for mark in marks:
        if last and mark.channel == last.channel and -pause < mark.start - last.end < pause:
            last = last._replace(end=max(last.end, mark.end), text=f"{last.text} {mark.text}")
            continue
        if last:
            yield last
        last = mark
    if last:
        yield last
