"""mls: Multilingual LibriSpeech, audio books in eight European languages.

Vineel Pratap et al., "MLS: A Large-Scale Multilingual Dataset for Speech Research", Interspeech 2020;
https://www.openslr.org/94, CC BY 4.0. English, German, Dutch, French, Spanish, Italian, Portuguese and Polish. `root`
is the folder of one language, mls_german or mls_german_opus. 16 kHz mono,
<split>/audio/<speaker>/<book>/<speaker>_<book>_<number>.flac (or .opus); <split>/transcripts.txt has an id and its
text with a tab between them in each line; metainfo.txt has a line for each chapter, `speaker | gender | ..`.

English alone has ten million utterances: transcripts are read as a stream, and no folder is listed. That each file is
there is found when a build is planned. Traps: the folder is all that tells the language, so `language` names it where
the folder was renamed. Texts are in small letters without punctuation, aligned by a recogniser; people have checked
those of dev and test only. Keys are the ids.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import ClassVar, Literal, get_args

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.lists import lines
from manifests.corpora.reader import Reader
from manifests.corpora.speech.genders import gender_label
from manifests.corpora.speech.listing import parts_there
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.splits import standard_split

Part = Literal["train", "dev", "test"]
LANGUAGES = {
    "english": "en",
    "german": "de",
    "dutch": "nl",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "portuguese": "pt",
    "polish": "pl",
}

_FOLDER = re.compile(r"mls_([a-z]+)(?:_opus)?")


class Mls(Reader):
    """Labels: `language` and `gender`."""

    name: ClassVar[str] = "mls"
    about = About(
        title="Multilingual LibriSpeech",
        what="Audio books in eight languages with their text",
        tasks=("recognition", "languages", "speakers"),
        licence="cc-by-4.0",
        attribution="Vineel Pratap et al., Multilingual LibriSpeech",
        url="https://www.openslr.org/94",
        hours=50_500,
    )

    parts: tuple[Part, ...] | None = Field(
        default=None, description="The parts that are read, [train, dev]; null: all that are there."
    )
    language: str | None = Field(
        default=None, description='The label language, "de"; null: what the folder mls_german says.', min_length=1
    )

    def read(self) -> Iterator[Recording]:
        language = self.language or self._language()
        genders = self._genders()
        for part in parts_there(self.files, get_args(Part), self.parts):
            table = f"{part}/transcripts.txt"
            first = next(audio_files(self.files, folder=f"{part}/audio"))
            ending = posixpath.splitext(first)[1]
            for line, row in lines(self.files, table):
                key, tab, text = row.partition("\t")
                ids = key.split("_")
                if not tab or len(ids) != 3 or not text.strip():
                    problem = "there should be <speaker>_<book>_<number>, a tab, and a text"
                    raise CorpusError(problem, join(self.root, table), line)
                speaker, book, _ = ids
                yield Recording(
                    key=key,
                    span=Span(f"{part}/audio/{speaker}/{book}/{key}{ending}"),
                    speaker=speaker,
                    text=text.strip(),
                    labels={"language": language, **genders.get(speaker, {})},
                    split=standard_split(part),
                    extra={"book": book},
                    origin=f"{join(self.root, table)}:{line}",
                )

    def _language(self) -> str:
        folder = posixpath.basename(self.root.rstrip("/"))
        found = _FOLDER.fullmatch(folder)
        if found is None or found[1] not in LANGUAGES:
            raise CorpusError("is no folder mls_<language>; say which it is: language: de", self.root)
        return LANGUAGES[found[1]]

    def _genders(self) -> dict[str, dict[str, str]]:
        """The label `gender` by speaker."""
        found = {}
        for line, text in lines(self.files, "metainfo.txt"):
            fields = [field.strip() for field in text.split("|")]
            if len(fields) < 3:
                problem = f"{len(fields)} fields; there should be speaker | gender | partition | .."
                raise CorpusError(problem, join(self.root, "metainfo.txt"), line)
            found[fields[0]] = gender_label(fields[1])
        return found
