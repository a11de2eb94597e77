"""libritts: LibriTTS, 585 hours of LibriSpeech's readers, cut at sentences, with the text as it was printed.

Heiga Zen et al., "LibriTTS: A Corpus Derived from LibriSpeech for Text-to-Speech", Interspeech 2019;
https://www.openslr.org/60, CC BY 4.0. LibriTTS-R (https://www.openslr.org/141), the same restored by a model, has the
same layout. 24 kHz mono WAV, <part>/<speaker>/<chapter>/<speaker>_<chapter>_<paragraph>_<sentence>.wav, and in each
chapter's folder <speaker>_<chapter>.trans.tsv with id, text and normalised text between tabs. The texts stand once
more in .original.txt and .normalized.txt beside each WAV, which are not read: that would be a small file for each
sentence. SPEAKERS.txt tells who is a man and who a woman. `root` is the folder LibriTTS itself.

The text is the normalised one; extra keeps the other where it differs. Traps: quotation marks are letters. Some
releases name sentences that have no audio, or hold audio that no table names: both are errors, unless `missing: skip`
says that it is known. Parts and splits are those of LibriSpeech, and so are the voices: a store of both, split by
part, keeps them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, get_args

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.lists import lines
from manifests.corpora.reader import Reader
from manifests.corpora.speech.librivox import Part, speaker_genders, split_of
from manifests.corpora.speech.listing import by_stem, folders, parts_there
from manifests.errors import CorpusError
from manifests.recording import Recording, Span


class LibriTts(Reader):
    """Labels: `subset`, `language` and `gender`."""

    name: ClassVar[str] = "libritts"
    about = About(
        title="LibriTTS",
        what="English audio books by sentences at 24 kHz, read by 2,456 volunteers, with their printed text",
        tasks=("synthesis", "recognition", "speakers"),
        licence="cc-by-4.0",
        attribution="Heiga Zen et al., LibriTTS corpus",
        url="https://www.openslr.org/60",
        hours=585,
        size="83 GB",
    )

    parts: tuple[Part, ...] | None = Field(
        default=None, description="The parts that are read, [train-clean-100, dev-clean]; null: all that are there."
    )
    missing: Literal["error", "skip"] = Field(
        default="error", description="What becomes of text without audio, and of audio without text."
    )

    def read(self) -> Iterator[Recording]:
        genders = speaker_genders(self.files, "SPEAKERS.txt", "SPEAKERS.TXT")
        for part in parts_there(self.files, get_args(Part), self.parts):
            for folder, names in folders(self.files, part):
                yield from self._chapter(part, folder, names, genders)

    def _chapter(
        self, part: str, folder: str, names: list[str], genders: Mapping[str, Mapping[str, str]]
    ) -> Iterator[Recording]:
        """The sentences of one folder, in the order of its table."""
        waiting = by_stem(self.files, folder, names)
        for table in (f"{folder}/{name}" for name in names if name.endswith(".trans.tsv")):
            for line, row in lines(self.files, table):
                fields = row.split("\t")
                if len(fields) != 3:
                    problem = f"{len(fields)} fields; there should be id, text and normalised text"
                    raise CorpusError(problem, join(self.root, table), line)
                key, original, text = (field.strip() for field in fields)
                if key not in waiting:
                    if self.missing == "skip":
                        continue
                    problem = f"no audio {key} beside it; `missing: skip` leaves such sentences out"
                    raise CorpusError(problem, join(self.root, table), line)
                speaker, chapter = (*key.split("_"), "")[:2]
                yield Recording(
                    key=key,
                    span=Span(f"{folder}/{waiting.pop(key)}"),
                    speaker=speaker,
                    text=text or original or None,
                    labels={"subset": part, "language": "en", **genders.get(speaker, {})},
                    split=split_of(part),
                    extra={"chapter": chapter, **({"original_text": original} if original != text else {})},
                    origin=f"{join(self.root, table)}:{line}",
                )
        if waiting and self.missing == "error":
            problem = "no .trans.tsv beside it has its text; `missing: skip` leaves such audio out"
            raise CorpusError(problem, join(self.root, f"{folder}/{next(iter(waiting.values()))}"))
