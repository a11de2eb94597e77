"""fsdd: the Free Spoken Digit Dataset. English digits, six speakers, 3000 clips of about half a second.

Zohar Jackson et al., https://github.com/Jakobovski/free-spoken-digit-dataset, CC BY-SA 4.0. 8 kHz mono
WAV, recordings/{digit}_{speaker}_{index}.wav; by the official split, indices 0 to 4 of every speaker and
digit are test and the rest is train. Where a labels.csv (file, digit, word, speaker, index,
official_split) lies beside the recordings, it lists them; both give the same rows. Trap: each speaker is
in train and test, so a score on the official split says nothing about new voices; `by: speaker` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.columns import Columns
from manifests.corpora.folder import audio_files
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.tables import table_columns, table_rows

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEST_INDICES = range(5)

_NAME = re.compile(r"(?P<digit>\d)_(?P<speaker>[^_]+)_(?P<index>\d+)\.wav")


class Fsdd(Reader):
    """Labels: `digit`, "0" to "9", and `word`, "zero" to "nine"."""

    name: ClassVar[str] = "fsdd"
    about = About(
        title="Free Spoken Digit Dataset",
        what="English digits by six speakers, 3,000 clips",
        tasks=("keywords", "speakers"),
        licence="cc-by-sa-4.0",
        attribution="Zohar Jackson et al., Free Spoken Digit Dataset",
        url="https://github.com/Jakobovski/free-spoken-digit-dataset",
        hours=0.4,
        size="20 MB",
    )

    def read(self) -> Iterator[Recording]:
        return self._from_table("labels.csv") if self.files.has("labels.csv") else self._from_names()

    def _from_table(self, name: str) -> Iterator[Recording]:
        table, opened = join(self.root, name), partial(self.files.open, name)
        columns = Columns(
            self.root, table, {"path": "file", "split": "official_split"}, {"digit": "digit", "word": "word"}
        )
        columns.check(table_columns(table, opened=opened) or [])
        for line, row in table_rows(table, opened=opened):
            kept = {name: value for name, value in row.items() if name not in ("rate", "frames")}
            yield columns.recording(kept, line)

    def _from_names(self) -> Iterator[Recording]:
        if not self.files.is_there("recordings"):
            raise CorpusError("has neither labels.csv nor a folder recordings", self.root)
        for name in audio_files(self.files, folder="recordings"):
            found = _NAME.fullmatch(name)
            if found is None:
                raise CorpusError("is not called {digit}_{speaker}_{index}.wav", join(self.root, f"recordings/{name}"))
            digit, speaker, index = found.groups()
            yield Recording(
                key=f"recordings/{name}",
                span=Span(f"recordings/{name}"),
                speaker=speaker,
                labels={"digit": digit, "word": WORDS[int(digit)]},
                split="test" if int(index) in TEST_INDICES else "train",
                extra={"index": index},
            )
