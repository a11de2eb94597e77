"""musicnet: 330 recordings of classical music, 34 hours, with over a million notes: onset, offset, pitch, instrument.

John Thickstun, Zaid Harchaoui and Sham Kakade, "Learning Features of Music from Scratch", ICLR 2017,
https://zenodo.org/record/5120004, CC BY 4.0; the recordings are free ones, and musicnet_metadata.csv says whose
(`extra.source`). 44.1 kHz mono WAV, {train,test}_data/{id}.wav, the notes in {train,test}_labels/{id}.csv: start_time,
end_time, instrument, note, start_beat, end_beat, note_value.

A piece lasts minutes and has thousands of notes, too many for a row and a batch. So it is cut into spans of about
`span_seconds`, as even as they can be, up to its last note; each has the notes that sound in it, with times from its
start. A note that is held across a cut is in both spans, and begins at 0 in the second. Without `span_seconds` a piece
is one recording.

Traps: times in the tables are samples at 44.1 kHz, whatever rate a copy of the audio has. Instruments are numbers of
General MIDI, from 1: 1 is a piano, 41 a violin. The notes were aligned by a program, and some are wrong. There are ten
test pieces and no valid ones; `split: {from: corpus, by: piece, valid: 0.1}` keeps spans of a piece together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.events import event
from manifests.corpora.folder import audio_files
from manifests.corpora.lists import Line, listed
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Label, Recording, Span

RATE = 44_100
"""The rate that the tables count samples at."""

_ABOUT = ("composer", "composition", "movement", "ensemble", "source")
_NOTES = ("start_time", "end_time", "instrument", "note")
_METADATA = "musicnet_metadata.csv"


class _Note(NamedTuple):
    onset: float
    offset: float
    name: str


class MusicNet(Reader):
    """Labels: `events`, the notes as "onset offset pitch" with MIDI's pitch; `piece`, `composer` and `ensemble`."""

    name: ClassVar[str] = "musicnet"
    about = About(
        title="MusicNet",
        what="330 recordings of classical music with their notes, 34 hours",
        tasks=("transcription", "music classification"),
        licence="cc-by-4.0",
        attribution="J. Thickstun, Z. Harchaoui and S. Kakade, Learning Features of Music from Scratch, ICLR 2017",
        url="https://zenodo.org/record/5120004",
        hours=34,
        size="11 GB",
    )

    span_seconds: float | None = Field(
        default=20, gt=0, description="About how long the spans are that pieces are cut into; null for whole pieces."
    )
    instruments: bool = Field(
        default=False, description='Whether a note names its instrument: "onset offset pitch instrument".'
    )

    def read(self) -> Iterator[Recording]:
        metadata = {line.text("id"): line for line in listed(self.files, _METADATA, ("id", *_ABOUT))}
        for split in ("test", "train"):
            for path in audio_files(self.files, ("wav",), f"{split}_data"):
                piece = path.removesuffix(".wav")
                if piece not in metadata:
                    raise CorpusError(
                        f"no line of {_METADATA} has the id {piece}", join(self.root, f"{split}_data/{path}")
                    )
                said = {name: metadata[piece].cells[name].strip() for name in _ABOUT}
                about: dict[str, Any] = {
                    "split": split,
                    "extra": {name: said[name] for name in ("composition", "movement", "source") if said[name]},
                    "origin": metadata[piece].origin,
                }
                labels: dict[str, Label] = {"piece": piece, "composer": said["composer"], "ensemble": said["ensemble"]}
                yield from self._spans(piece, f"{split}_data/{path}", self._notes(split, piece), labels, about)

    def _notes(self, split: str, piece: str) -> list[_Note]:
        """The notes of a piece, in order: at most some ten thousand."""
        found = []
        for line in listed(self.files, f"{split}_labels/{piece}.csv", _NOTES):
            name = line.text("note") + (f" {line.text('instrument')}" if self.instruments else "")
            found.append(_Note(_time(line, "start_time"), _time(line, "end_time"), name))
        return sorted(found)

    def _spans(
        self, piece: str, path: str, notes: list[_Note], labels: dict[str, Label], about: dict[str, Any]
    ) -> Iterator[Recording]:
        end = max((note.offset for note in notes), default=0.0)
        if self.span_seconds is None or not end:
            sounding: list[str] = [event(*note) for note in notes]
            yield Recording(piece, Span(path), labels={**labels, "events": sounding}, **about)
            return
        count = max(1, round(end / self.span_seconds))
        length = round(end / count, 3)
        for number in range(count):
            start = round(number * length, 3)
            span = Span(path, start, length if number + 1 < count else round(end - start, 3))
            sounding = [event(*cut) for cut in _within(notes, start, round(start + length, 3))]
            yield Recording(f"{piece}@{start}", span, labels={**labels, "events": sounding}, **about)


def _time(line: Line, column: str) -> float:
    return line.whole(column) / RATE


def _within(notes: list[_Note], start: float, end: float) -> Iterator[_Note]:
    """The notes that sound between two times, counted from the first."""
    for note in notes:
        if note.onset < end and note.offset > start:
            yield _Note(max(note.onset - start, 0.0), min(note.offset, end) - start, note.name)
