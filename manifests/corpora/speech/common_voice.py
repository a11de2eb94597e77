"""common_voice: Mozilla Common Voice, sentences read aloud by volunteers in more than a hundred languages.

Rosana Ardila et al., "Common Voice: A Massively-Multilingual Speech Corpus", LREC 2020;
https://commonvoice.mozilla.org, CC0. `root` is the folder of one language in a release, cv-corpus-17.0-2024-03-15/de:
MP3 in clips/, and tables with tabs between `client_id`, `path`, `sentence`, votes, `age`, `gender`, `accents` (earlier
`accent`), `locale` and more, as the release has them.

Traps: quotation marks are letters like others. train.tsv, dev.tsv and test.tsv are parts of validated.tsv, which holds
much more in most languages, but also further clips of the voices in dev and test: `train: validated` reads it all,
without those voices. other.tsv (not yet voted on) and invalidated.tsv are left to the reader `table`.
clip_durations.tsv is not needed: a build measures. A speaker is a `client_id`, one browser or account: the same person
may have several, and it is forbidden to find out who they are. Keys are names of clips without their ending.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.columns import Columns
from manifests.corpora.reader import Reader
from manifests.corpora.speech.genders import gender_label
from manifests.errors import CorpusError
from manifests.recording import Recording
from manifests.splits import TEST, TRAIN, VALID
from manifests.tables import table_columns, table_rows


class CommonVoice(Reader):
    """Labels: `language`, `gender`, `age` ("twenties") and `accent`, where a speaker has told them."""

    name: ClassVar[str] = "common_voice"
    about = About(
        title="Common Voice",
        what="Sentences read by volunteers in more than a hundred languages",
        tasks=("recognition", "speakers", "languages"),
        licence="cc0-1.0",
        attribution="Mozilla Common Voice and its volunteers",
        url="https://commonvoice.mozilla.org",
    )

    train: Literal["train", "validated"] = Field(
        default="train",
        description="What is trained on: train.tsv, or all of validated.tsv but for the voices in dev and test.",
    )

    def read(self) -> Iterator[Recording]:
        if not self.files.has("train.tsv"):
            raise CorpusError("has no train.tsv; root is the folder of one language, cv-corpus-../de", self.root)
        heard: set[str | None] = set()
        for name, split in (("dev", VALID), ("test", TEST)):
            for recording in self._table(name, split):
                heard.add(recording.speaker)
                yield recording
        for recording in self._table(self.train, TRAIN):
            if recording.speaker not in heard or self.train == "train":
                yield recording

    def _table(self, name: str, split: str) -> Iterator[Recording]:
        """The rows of one table; its columns are those of the release."""
        path = f"{name}.tsv"
        table, opened = join(self.root, path), partial(self.files.open, path)
        there = table_columns(table, False, opened) or []
        columns = Columns(
            self.root,
            table,
            {"path": "path", "speaker": "client_id", "text": "sentence"},
            _labels(there),
            folder="clips",
        )
        columns.check(there)
        for line, row in table_rows(table, False, opened):
            yield _told(columns.recording(row, line), split)


def _labels(there: list[str]) -> dict[str, str]:
    """Which columns are labels in this release."""
    columns = {"language": "locale", "age": "age", "accent": "accents" if "accents" in there else "accent"}
    return {name: column for name, column in columns.items() if column in there}


def _told(recording: Recording, split: str) -> Recording:
    extra: dict[str, Any] = dict(recording.extra)
    labels = {**recording.labels, **gender_label(extra.pop("gender", ""))}
    key = posixpath.splitext(posixpath.basename(recording.span.path))[0]
    return recording._replace(key=key, split=split, labels=labels, extra=extra)
