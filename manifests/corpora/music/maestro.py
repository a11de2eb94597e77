"""maestro: ten years of a piano competition, audio and keys recorded together: 1,276 performances, 199 hours.

Curtis Hawthorne et al., "Enabling Factorized Piano Music Modeling and Generation with the MAESTRO Dataset", ICLR 2019,
https://magenta.tensorflow.org/datasets/maestro, CC BY-NC-SA 4.0. 44.1 or 48 kHz stereo WAV in a folder for each year;
maestro-v3.0.0.csv (and v2.0.0, v1.0.0) has canonical_composer, canonical_title, split, year, midi_filename,
audio_filename, duration.

This reader gives the performances and what the table says of them. The notes are in MIDI files, which are not read
here; `extra.midi` names the file. `musicnet` is a corpus whose notes are read.

Traps: several performances of a piece lie in one split, so keep the publishers' split and do not draw another one. A
performance lasts up to 45 minutes: raise `decode`'s limits, and cut it with `segment`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import ClassVar

from manifests.corpora.about import About
from manifests.corpora.lists import listed
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.splits import SPLITS, standard_split

_TABLES = ("maestro-v3.0.0.csv", "maestro-v2.0.0.csv", "maestro-v1.0.0.csv")
_COLUMNS = (
    "canonical_composer",
    "canonical_title",
    "split",
    "year",
    "midi_filename",
    "audio_filename",
    "duration",
)


class Maestro(Reader):
    """Labels: `composer`, `title` and `year`, a number."""

    name: ClassVar[str] = "maestro"
    about = About(
        title="MAESTRO",
        what="1,276 performances of piano music with MIDI beside the audio, 199 hours",
        tasks=("transcription", "synthesis"),
        licence="cc-by-nc-sa-4.0",
        attribution="C. Hawthorne et al., Enabling Factorized Piano Music Modeling with the MAESTRO Dataset, ICLR 2019",
        url="https://magenta.tensorflow.org/datasets/maestro",
        hours=198.7,
        size="101 GB",
    )

    def read(self) -> Iterator[Recording]:
        table = next((name for name in _TABLES if self.files.has(name)), None)
        if table is None:
            raise CorpusError(f"has none of {', '.join(_TABLES)}", self.root)
        for line in listed(self.files, table, _COLUMNS):
            split, path = standard_split(line.text("split")), line.text("audio_filename")
            if split not in SPLITS:
                raise line.error(f"split is {line.text('split')!r}, which is none of train, validation and test")
            yield Recording(
                key=posixpath.splitext(path)[0],
                span=Span(path),
                labels={
                    "composer": line.text("canonical_composer"),
                    "title": line.text("canonical_title"),
                    "year": line.whole("year"),
                },
                split=split,
                extra={"midi": line.text("midi_filename"), "midi_seconds": line.seconds("duration")},
                origin=line.origin,
            )
