"""an4: the CMU census database, spelled names, addresses and dates in English; small, and of 1991.

Alejandro Acero, "Acoustical and Environmental Robustness in Automatic Speech Recognition", CMU 1990;
http://www.speech.cs.cmu.edu/databases/an4. 948 utterances to train on and 130 to test, 16 kHz mono. `root` is the
folder an4: etc/an4_train.fileids names the audio below wav/, an4_clstk/fash/an251-fash-b, and
etc/an4_train.transcription has its text with the id behind it, `<s> YES </s> (an251-fash-b)`, line by line alike; so
does an4_test.

Traps: the archives differ in their audio. SPHERE (.sph) and WAV are read; .raw has no header, big- or little-endian as
the archive's name says, and is refused: take an4_sphere.tar.gz. A speaker's name begins with f or m for the sex. Texts
of test have no <s>. Keys are the ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.lists import lines
from manifests.corpora.reader import Reader
from manifests.corpora.speech.genders import gender_label
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.splits import TEST, TRAIN

_LINE = re.compile(r"(?:<s>\s*)?(?P<text>.*?)(?:\s*</s>)?\s*\((?P<key>[^()]+)\)")


class An4(Reader):
    """Labels: `language` and `gender`."""

    name: ClassVar[str] = "an4"
    about = About(
        title="CMU AN4",
        what="Spelled names, addresses and dates in English, 1,078 utterances",
        tasks=("recognition",),
        licence="own",
        attribution="Carnegie Mellon University, AN4 (census) database",
        url="http://www.speech.cs.cmu.edu/databases/an4",
        size="64 MB",
    )

    def read(self) -> Iterator[Recording]:
        if not self.files.is_there("wav"):
            raise CorpusError("has no folder wav; root is the folder an4", self.root)
        if any(path.endswith(".raw") for path in self.files.paths("wav")):
            raise CorpusError(
                "holds .raw, audio without a header; take an4_sphere.tar.gz, or give it one: "
                "sox -t raw -r 16000 -e signed -b 16 -B in.raw out.wav (-L where it is little-endian)",
                join(self.root, "wav"),
            )
        audio = {path.rpartition(".")[0]: f"wav/{path}" for path in audio_files(self.files, folder="wav")}
        for split in (TRAIN, TEST):
            yield from self._split(split, audio)

    def _split(self, split: str, audio: dict[str, str]) -> Iterator[Recording]:
        """The utterances of a split: the two lists go line by line together."""
        table = f"etc/an4_{split}.transcription"
        names = [name for _, name in lines(self.files, f"etc/an4_{split}.fileids")]
        texts = list(lines(self.files, table))
        if len(names) != len(texts):
            raise CorpusError(f"{len(texts)} texts for {len(names)} names in .fileids", join(self.root, table))
        for name, (line, text) in zip(names, texts, strict=True):
            found = _LINE.fullmatch(text.strip())
            *_, speaker, key = ("", *name.strip().split("/"))
            if found is None or found["key"] != key:
                raise CorpusError(f"there should be a text and ({key}), as in .fileids", join(self.root, table), line)
            if name.strip() not in audio:
                raise CorpusError(f"no audio wav/{name.strip()}", join(self.root, table), line)
            yield Recording(
                key=key,
                span=Span(audio[name.strip()]),
                speaker=speaker,
                text=found["text"],
                labels={"language": "en", **gender_label(speaker[:1])},
                split=split,
                origin=f"{join(self.root, table)}:{line}",
            )
