"""librispeech: LibriSpeech, 1,000 hours of English audio books with their text, read by 2,484 volunteers.

Vassil Panayotov, Guoguo Chen, Daniel Povey and Sanjeev Khudanpur, "LibriSpeech: an ASR corpus based on public domain
audio books", ICASSP 2015; https://www.openslr.org/12, CC BY 4.0. 16 kHz mono FLAC,
<part>/<speaker>/<chapter>/<speaker>-<chapter>-<number>.flac, and in each chapter's folder
<speaker>-<chapter>.trans.txt, which has an id and its text, in capitals without punctuation, in each line.
SPEAKERS.TXT tells who is a man and who a woman. `root` is the folder LibriSpeech itself. Mini LibriSpeech
(https://www.openslr.org/31) has the same layout.

Splits are train, valid (dev) and test; no speaker is in two of them. The label `subset` keeps the part, since figures
are given for test-clean and test-other apart; "clean" and "other" were told apart by a recogniser, not by ear. Traps:
a copy that ends early leaves text without audio, or audio without text, and both are errors; SPEAKERS.TXT names a
reader with | in the name. Without SPEAKERS.TXT there is no label `gender`. Keys are the ids, so they outlive a change
of format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, get_args

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.lists import lines
from manifests.corpora.reader import Reader
from manifests.corpora.speech.librivox import Part, speaker_genders, split_of
from manifests.corpora.speech.listing import by_stem, folders, parts_there
from manifests.errors import CorpusError
from manifests.recording import Recording, Span


class LibriSpeech(Reader):
    """Labels: `subset`, `language` and `gender`."""

    name: ClassVar[str] = "librispeech"
    about = About(
        title="LibriSpeech",
        what="English audio books, read by 2,484 volunteers, with their text",
        tasks=("recognition", "speakers"),
        licence="cc-by-4.0",
        attribution="Vassil Panayotov, Guoguo Chen, Daniel Povey and Sanjeev Khudanpur, LibriSpeech ASR corpus",
        url="https://www.openslr.org/12",
        hours=1000,
        size="61 GB",
    )

    parts: tuple[Part, ...] | None = Field(
        default=None, description="The parts that are read, [train-clean-100, dev-clean]; null: all that are there."
    )

    def read(self) -> Iterator[Recording]:
        genders = speaker_genders(self.files, "SPEAKERS.TXT")
        for part in parts_there(self.files, get_args(Part), self.parts):
            for folder, names in folders(self.files, part):
                yield from self._chapter(part, folder, names, genders)

    def _chapter(
        self, part: str, folder: str, names: list[str], genders: Mapping[str, Mapping[str, str]]
    ) -> Iterator[Recording]:
        """The utterances of one folder, in the order of its transcript."""
        waiting = by_stem(self.files, folder, names)
        for name in names:
            if not name.endswith(".trans.txt"):
                continue
            table = f"{folder}/{name}"
            for line, text in lines(self.files, table):
                key, _, said = text.partition(" ")
                if key not in waiting:
                    raise CorpusError(f"no audio {key} beside it", join(self.root, table), line)
                if not said.strip():
                    raise CorpusError(f"{key} has no text", join(self.root, table), line)
                speaker, chapter = (*key.split("-"), "")[:2]
                yield Recording(
                    key=key,
                    span=Span(f"{folder}/{waiting.pop(key)}"),
                    speaker=speaker,
                    text=said.strip(),
                    labels={"subset": part, "language": "en", **genders.get(speaker, {})},
                    split=split_of(part),
                    extra={"chapter": chapter},
                    origin=f"{join(self.root, table)}:{line}",
                )
        if waiting:
            first = next(iter(waiting.values()))
            raise CorpusError(
                f"no .trans.txt beside it has its text; {len(waiting)} files of its folder have none",
                join(self.root, f"{folder}/{first}"),
            )
