"""kaldi: a data directory of Kaldi, or a folder of them, one for each split.

https://kaldi-asr.org/doc/data_prep.html: plain text files, each line an id and what belongs to it. `wav.scp` names the
file of each recording, `segments` cuts utterances out of them (`utterance recording start end`, in seconds, an end of
-1 is the end of the file); without `segments`, recordings are utterances. `text`, `utt2spk` and `spk2gender` say what
is known of them, `utt2NAME` more of it. Keys are the utterances' ids.

Paths in wav.scp are relative to `root`, since Kaldi means them relative to where its scripts run. Traps: wav.scp may
hold commands, `sph2pipe .. |`, and places in archives, `wav.ark:42`: commands are never run, both are errors. An
utterance whose speaker has its own id is one of which Kaldi does not know the speaker. Recordings that no segment
names are not read; texts and speakers of utterances that are not there are errors. Files need not be sorted.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.layouts import own
from manifests.corpora.layouts.lookup import Entry, Lookup
from manifests.corpora.paths import BrokenRow, path_below, split_of
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.files import Files
from manifests.marks.mark import MOST
from manifests.recording import Recording, Span
from manifests.tables import text_lines

OWN = f"utt2{own.NAME}"
"""The file of what Kaldi has none for: a JSON object for each utterance."""

SCRIPT = "wav.scp"
MORE = ("utt2lang", "utt2gender", "spk2gender")
"""Files that are read where they are there, beside those that `labels` names; they become extra."""

_SPACE = " \t\r\n"
_LINE = re.compile(r"([^ \t]+)[ \t]*(.*)", re.DOTALL)


class Kaldi(Reader):
    name: ClassVar[str] = "kaldi"
    more: ClassVar[tuple[str, ...]] = MORE

    path: str = Field(default="", description="The directory, relative to root, or a folder of several.")
    labels: list[str] = Field(default=[], description="Names of labels: `lang` is read from utt2lang or spk2lang.")

    def read(self) -> Iterator[Recording]:
        for folder in self._folders():
            yield from Directory(self.root, self.files, folder, self.labels, self.more).recordings()

    def _folders(self) -> list[str]:
        """The directories that hold a wav.scp."""
        if self.files.has(posixpath.join(self.path, SCRIPT)):
            return [self.path]
        where = join(self.root, self.path) if self.path else self.root
        if not self.files.is_there(self.path):
            raise CorpusError("no such folder", where)
        found = [
            posixpath.join(self.path, posixpath.dirname(name))
            for name in self.files.paths(self.path)
            if posixpath.basename(name) == SCRIPT
        ]
        if not found:
            raise CorpusError(f"holds no {SCRIPT}, and no folder that does", where)
        return found


class Directory:
    """One data directory, read once."""

    def __init__(self, root: str, files: Files, folder: str, labels: list[str], more: tuple[str, ...]) -> None:
        self._root, self._files, self._folder, self._labels = root, files, folder, labels
        self._split = split_of(posixpath.basename(folder.rstrip("/")))
        self._texts, self._speakers, self._own = map(self._lookup, ("text", "utt2spk", OWN))
        self._more = self._further(more)

    def recordings(self) -> Iterator[Recording]:
        """The utterances, in the order of `segments`, or of wav.scp."""
        spans = self._segments() if self._has("segments") else self._whole()
        for name, span, channel, origin in spans:
            speaker = self._speakers.get(name) if self._speakers else None
            recording = Recording(
                name,
                span,
                channel,
                speaker if speaker != name else None,
                self._texts.get(name) if self._texts else None,
                split=self._split,
                origin=origin,
            )
            yield self._restored(self._described(recording, speaker or ""), name)
        for lookup in (self._texts, self._speakers, self._own, *(table for _, table, by in self._more if by == "utt")):
            if lookup:
                lookup.finish("utterance")

    def _whole(self) -> Iterator[tuple[str, Span, int | None, str]]:
        for line, name, value in self._entries(SCRIPT):
            yield name, Span(self._audio(value, line)), None, f"{self._at(SCRIPT)}:{line}"

    def _segments(self) -> Iterator[tuple[str, Span, int | None, str]]:
        script, table = Lookup(self._at(SCRIPT), self._entries(SCRIPT)), self._at("segments")
        for line, name, value in self._entries("segments"):
            fields = value.split()
            if len(fields) not in (3, 4):
                raise CorpusError("there should be: utterance recording start end", table, line)
            found = script.find(fields[0])
            if found is None:
                raise CorpusError(f"there is no recording {fields[0]!r} in {SCRIPT}", table, line)
            path = self._audio(found[1], found[0])
            try:
                start, seconds = between(*fields[1:3])
                channel = int(fields[3]) if fields[3:] else None
            except (BrokenRow, ValueError) as problem:
                raise CorpusError(f"{name}: {problem}", table, line) from problem
            yield name, Span(path, start, seconds), channel, f"{table}:{line}"

    def _audio(self, value: str, line: int) -> str:
        try:
            return path_below(self._root, audio_file(value))
        except BrokenRow as problem:
            raise CorpusError(str(problem), self._at(SCRIPT), line) from problem

    def _described(self, recording: Recording, speaker: str) -> Recording:
        """With what the further files say of the utterance, or of its speaker."""
        labels: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, table, by in self._more:
            value = table.get(recording.key if by == "utt" else speaker)
            if value:
                (labels if name in self._labels else extra)[name] = value
        return recording._replace(labels=labels, extra=extra)

    def _restored(self, recording: Recording, name: str) -> Recording:
        found = self._own.find(name) if self._own else None
        if found is None:
            return recording
        try:
            return own.restored(recording, json.loads(found[1]))
        except (ValueError, BrokenRow) as problem:
            raise CorpusError(f"{name}: {problem}", self._at(OWN), found[0]) from problem

    def _further(self, more: tuple[str, ...]) -> list[tuple[str, Lookup, str]]:
        """Of each file beside `text` and `utt2spk`: the name of what it says, its entries, `utt` or `spk`."""
        wanted = dict.fromkeys((*more, *(f"{by}2{name}" for name in self._labels for by in ("utt", "spk"))))
        found = [(file.partition("2")[2], self._lookup(file), file[:3]) for file in wanted]
        there = {name for name, table, _ in found if table}
        for name in self._labels:
            if name not in there:
                raise CorpusError(f"has neither utt2{name} nor spk2{name}, for the label {name!r}", self._at(""))
        return [(name, table, by) for name, table, by in found if table]

    def _lookup(self, name: str) -> Lookup | None:
        return Lookup(self._at(name), self._entries(name)) if self._has(name) else None

    def _entries(self, name: str) -> Iterator[Entry]:
        return entries(self._at(name), partial(self._files.open, posixpath.join(self._folder, name)))

    def _has(self, name: str) -> bool:
        return self._files.has(posixpath.join(self._folder, name))

    def _at(self, name: str) -> str:
        return join(self._root, posixpath.join(self._folder, name))


def entries(table: str, opened: Any = None) -> Iterator[Entry]:
    """The lines of one of Kaldi's files: an id, white space, and the rest, which may be empty."""
    for line, text in text_lines(table, opened):
        if found := _LINE.match(text.strip(_SPACE)):
            name, rest = found.groups()
            yield line, name, rest


def audio_file(value: str) -> str:
    """The file that a line of wav.scp names; BrokenRow for a command, or a place in an archive."""
    if value.endswith("|") or value.startswith("|"):
        raise BrokenRow(f"is a command, which is never run: {value}; write its output to a file and name that")
    if re.search(r":\d+$", value):
        raise BrokenRow(f"{value} is a place in an archive; copy its audio to files (wav-copy) and name those")
    if not value:
        raise BrokenRow("names no file")
    return value


def between(start: str, end: str) -> tuple[float, float | None]:
    """Start and length of a span, as they were written; None for the length up to the end of the file, -1.

    >>> between("1.1", "3.4")
    (1.1, 2.3)
    """
    try:
        first, last = Decimal(start), Decimal(end)
    except InvalidOperation as error:
        raise BrokenRow(f"{start} and {end} are no times in seconds") from error
    if not (first.is_finite() and last.is_finite()) or not 0 <= first < MOST or not (last == -1 or first < last < MOST):
        raise BrokenRow(f"a span from {start} to {end}")
    return float(first), None if last == -1 else float(last - first)


def times(start: float, seconds: float | None) -> tuple[str, str]:
    """Start and end of a span as `between` reads them: in decimal figures, to the last one.

    >>> times(1.1, 2.3), times(0.0, None)
    (('1.1', '3.4'), ('0', '-1'))
    """
    first = Decimal(repr(start))
    end = "-1" if seconds is None else f"{first + Decimal(repr(seconds)):f}"
    return ("0" if start == 0 else f"{first:f}"), end
