"""musan: music, speech and noise to add to other recordings: 2,016 files, 109 hours, 16 kHz mono WAV.

David Snyder, Guoguo Chen and Daniel Povey, "MUSAN: A Music, Speech, and Noise Corpus", arXiv:1510.08484, 2015,
https://www.openslr.org/17. Files lie in {music,speech,noise}/{source}/{music,speech,noise}-{source}-{number}.wav.
Beside them ANNOTATIONS has a line for each file: of music its genres (separated by commas), vocals (Y or N), artist
and, where there is one, composer; of speech gender and language. That of noise/free-sound lists, below a heading, which
noises are background.

Licence: the corpus is given as CC BY 4.0, and every file comes from elsewhere under terms of its own. LICENSE in each
folder has them, once for all or in sections that begin with the names of files, with lines of = between them;
`extra.licence` is what is found there, `own` where that is nothing known.

Traps: babble is made of the speech, so take `parts: [noise]` where only noise is meant, and leave out music with vocals
(label `vocals`) where a recogniser is to be trained. An artist's pieces are alike: split music `by: artist`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.lists import plain_lines
from manifests.corpora.reader import Reader
from manifests.corpora.written_licences import OWN, licence_of
from manifests.errors import CorpusError
from manifests.recording import Label, Recording, Span

Part = Literal["music", "speech", "noise"]

_CLIP = re.compile(r"\b(?:music|speech|noise)-[a-z-]+-\d{4}\b")
_TERMS = re.compile(r"licen[cs]e|rights|permission|\bcc\b", re.IGNORECASE)
_GENDERS = {"f": "female", "m": "male"}


class _Folder(NamedTuple):
    """Labels and extra of each file, the licence of each that has its own, and that of the others."""

    about: dict[str, tuple[dict[str, Label], dict[str, Any]]] = {}
    licences: dict[str, str] = {}
    licence: str | None = None


class Musan(Reader):
    """Labels: `kind`; of music `genres`, `vocals`, `artist`, of speech `gender`, `language`, of noise `background`."""

    name: ClassVar[str] = "musan"
    about = About(
        title="MUSAN",
        what="music, speech and noise for augmentation, 109 hours",
        tasks=("augmentation", "voice activity", "sound classification"),
        licence="cc-by-4.0",
        attribution="D. Snyder, G. Chen and D. Povey, MUSAN: A Music, Speech, and Noise Corpus, arXiv:1510.08484",
        url="https://www.openslr.org/17",
        hours=109,
        size="11 GB",
    )

    parts: tuple[Part, ...] = Field(
        default=("music", "noise", "speech"), min_length=1, description="What to read: music, noise, speech."
    )

    def read(self) -> Iterator[Recording]:
        for part in sorted(set(self.parts)):
            if not self.files.is_there(part):
                hint = "let root be the folder that holds music, noise and speech"
                raise CorpusError(f"no such folder; {hint}", join(self.root, part))
            last, folder = "", _Folder()
            for path in audio_files(self.files, ("wav",), part):
                source, slash, file = path.rpartition("/")
                if not slash:
                    raise CorpusError("lies in no folder that says where it is from", join(self.root, f"{part}/{path}"))
                if source != last:
                    last, folder = source, self._folder(part, f"{part}/{source}")
                clip = file.removesuffix(".wav")
                labels, about = folder.about.get(clip, ({}, {}))
                if source == "free-sound" and folder.about:
                    labels = labels or {"background": False}
                licence = folder.licences.get(clip, folder.licence)
                credit = ", ".join(filter(None, (source, str(labels.get("artist", "")))))
                yield Recording(
                    key=clip,
                    span=Span(f"{part}/{path}"),
                    labels={"kind": part, **labels},
                    extra={"source": credit, **({"licence": licence} if licence else {}), **about},
                )

    def _folder(self, part: Part, folder: str) -> _Folder:
        """What is written in a folder about its files, some hundred of them."""
        about, background = {}, False
        if self.files.has(name := f"{folder}/ANNOTATIONS"):
            for line, text in plain_lines(self.files, name):
                clip, *rest = text.split()
                if part == "noise" and not _CLIP.fullmatch(clip):
                    background = "background" in text.lower()
                    continue
                found = _annotated(part, rest, background)
                if found is None or not _CLIP.fullmatch(clip):
                    raise CorpusError(f"{text!r} is no annotation of {part}", join(self.root, name), line)
                about[clip] = found
        return _Folder(about, *self._licences(f"{folder}/LICENSE"))

    def _licences(self, name: str) -> tuple[dict[str, str], str | None]:
        """The licence of each file that LICENSE names, and that of the others: None where there is no LICENSE."""
        if not self.files.has(name):
            return {}, None
        sections: list[tuple[list[str], list[str]]] = [([], [])]
        for _, text in plain_lines(self.files, name):
            clips = _CLIP.findall(text)
            if not text.strip("=") or (clips and sections[-1][1]):
                sections.append(([], []))
            named, said = sections[-1]
            if clips:
                named += clips
            elif text.strip("="):
                said.append(text)
        leading = takewhile(lambda section: not section[0], sections)
        whole = licence_of(" ".join(text for _, texts in leading for text in texts), "")
        found: dict[str, str] = {}
        for clips, texts in sections:
            text = " ".join(texts)
            licence = licence_of(text, "")
            found |= dict.fromkeys(clips, whole if licence == OWN and not _TERMS.search(text) else licence)
        return found, whole


def _annotated(part: Part, fields: list[str], background: bool) -> tuple[dict[str, Label], dict[str, Any]] | None:
    """Labels and extra of a line of ANNOTATIONS, behind the name of the file; None where it is broken."""
    if part == "music" and len(fields) >= 3 and fields[1] in ("Y", "N"):
        genres = [genre for genre in fields[0].split(",") if genre]
        labels: dict[str, Label] = {"genres": genres, "vocals": fields[1] == "Y", "artist": fields[2]}
        return labels, {"composer": " ".join(fields[3:])} if fields[3:] else {}
    if part == "speech" and len(fields) >= 2:
        return {"gender": _GENDERS.get(fields[0], fields[0]), "language": " ".join(fields[1:])}, {}
    return ({"background": background}, {}) if part == "noise" else None
