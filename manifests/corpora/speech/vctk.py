"""vctk: the CSTR VCTK Corpus, newspaper sentences read by 110 speakers of English with many accents.

Junichi Yamagishi, Christophe Veaux and Kirsten MacDonald, University of Edinburgh,
https://datashare.ed.ac.uk/handle/10283/3443; version 0.92 (2019) is CC BY 4.0, the earlier 0.80 ODC-By. 48 kHz mono.
In 0.92 wav48_silence_trimmed/<speaker>/<speaker>_<number>_mic1.flac and .._mic2.flac, which are two microphones at
once; in 0.80 wav48/<speaker>/<speaker>_<number>.wav. Texts are txt/<speaker>/<speaker>_<number>.txt, a small file
each. speaker-info.txt has columns between spaces: id, age, sex, accent, region.

Traps: p315 has no texts, since they were lost; recordings without a text file have no text here. p280 and p315 have no
second microphone, so `microphone: mic2` is without them. Some texts (of p362) have no recording. In 0.80 the ids of
speaker-info.txt lack their p. All speakers read the same few passages besides their own sentences: a split by speaker
still shares texts. There is no official split. Keys are <speaker>_<number>, so both microphones give the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.lists import lines
from manifests.corpora.reader import Reader
from manifests.corpora.speech.genders import gender_label
from manifests.corpora.speech.listing import folders, is_audio, text_of
from manifests.errors import CorpusError
from manifests.recording import Recording, Span

FOLDERS = ("wav48_silence_trimmed", "wav48")

_NAME = re.compile(r"(?P<key>[ps]\d+_\d+)(?:_(?P<microphone>mic[12]))?\.\w+")
_REMARK = re.compile(r"\s*\(.*\)")


class Vctk(Reader):
    """Labels: `gender`, `accent` and `language`."""

    name: ClassVar[str] = "vctk"
    about = About(
        title="CSTR VCTK Corpus",
        what="Newspaper sentences by 110 speakers of English with many accents",
        tasks=("synthesis", "speakers"),
        licence="cc-by-4.0",
        attribution="Junichi Yamagishi, Christophe Veaux and Kirsten MacDonald, University of Edinburgh, VCTK",
        url="https://datashare.ed.ac.uk/handle/10283/3443",
        size="11 GB",
    )

    microphone: Literal["mic1", "mic2"] = Field(
        default="mic1", description="Which of the two microphones of version 0.92 is read."
    )

    def read(self) -> Iterator[Recording]:
        audio = next((folder for folder in FOLDERS if self.files.is_there(folder)), None)
        if audio is None:
            raise CorpusError(f"has neither of the folders {' and '.join(FOLDERS)}", self.root)
        speakers = self._speakers()
        for folder, names in folders(self.files, audio):
            speaker = folder.rpartition("/")[2]
            texts = self._texts(speaker)
            labels, extra = speakers.get(speaker, ({}, {}))
            for name in filter(is_audio, names):
                found = _NAME.fullmatch(name)
                if found is None or not name.startswith(f"{speaker}_"):
                    wanted = f"is not called {speaker}_<number>_mic1.flac"
                    raise CorpusError(wanted, join(self.root, f"{folder}/{name}"))
                if found["microphone"] not in (None, self.microphone):
                    continue
                yield Recording(
                    key=found["key"],
                    span=Span(f"{folder}/{name}"),
                    speaker=speaker,
                    text=text_of(self.files, texts[found["key"]]) or None if found["key"] in texts else None,
                    labels={"language": "en", **labels},
                    extra=extra,
                )

    def _texts(self, speaker: str) -> dict[str, str]:
        """The paths of a speaker's texts by key."""
        folder = f"txt/{speaker}"
        if not self.files.is_there(folder):
            return {}
        return {name.rpartition(".")[0]: f"{folder}/{name}" for name in self.files.paths(folder)}

    def _speakers(self) -> dict[str, tuple[Mapping[str, str], Mapping[str, str]]]:
        """Labels and extra by speaker."""
        found: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {}
        for line, text in lines(self.files, "speaker-info.txt"):
            fields = text.split(None, 4)
            if fields[0] == "ID":
                continue
            if len(fields) < 4:
                problem = f"{len(fields)} fields; there should be id, age, sex, accent and region"
                raise CorpusError(problem, join(self.root, "speaker-info.txt"), line)
            speaker, age, sex, accent, *rest = fields
            region = _REMARK.sub("", rest[0]).strip() if rest else ""
            extra = {"age": age, **({"region": " ".join(region.split())} if region else {})}
            name = f"p{speaker}" if speaker.isdigit() else speaker
            found[name] = {**gender_label(sex), "accent": accent}, extra
        return found
