"""voxceleb: VoxCeleb 1 and 2, celebrities in interviews on YouTube, for telling who speaks.

Arsha Nagrani, Joon Son Chung and Andrew Zisserman, "VoxCeleb: a large-scale speaker identification dataset",
Interspeech 2017 (1,251 speakers, 352 hours), and "VoxCeleb2: Deep Speaker Recognition", 2018 (6,112 speakers, 2,442
hours); https://www.robots.ox.ac.uk/~vgg/data/voxceleb. CC BY 4.0; the copyright in the videos stays with their owners.
<speaker>/<video>/<utterance>.wav (in VoxCeleb 2 .m4a, which needs the extra `containers`), at any depth:
wav/id10001/.., dev/aac/id00012/... vox1_meta.csv (tabs) and vox2_meta.csv (commas, with spaces around them) tell sex,
in the first also nationality, and the set. They lie in `root`, as does iden_split.txt.

Traps: there are two official splits. For verification, a speaker is in dev or in test, and `dev` is what one trains
on, so it is train here: carve valid out of it with {from: corpus, by: speaker, valid: 0.02}. For identification
(`protocol: identification`, VoxCeleb 1 only), every speaker is in all three, by videos, as iden_split.txt has it.
Utterances of one video share its acoustics: a score that rests on pairs from one video says little. VoxCeleb 1's test
speakers are in no part of VoxCeleb 2's dev.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.lists import lines
from manifests.corpora.reader import Reader
from manifests.corpora.speech.genders import gender_label
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.splits import TEST, TRAIN, VALID

TABLES = ("vox1_meta.csv", "vox2_meta.csv")
SETS = {"dev": TRAIN, "test": TEST}
IDENTIFICATION = {"1": TRAIN, "2": VALID, "3": TEST}

_PATH = re.compile(r"(?:(?P<above>.*)/)?(?P<speaker>id\d+)/(?P<video>[^/]+)/(?P<utterance>[^/]+)\.\w+")


class _Speaker(NamedTuple):
    labels: Mapping[str, str]
    split: str | None
    extra: Mapping[str, str]


class VoxCeleb(Reader):
    """Labels: `gender`, and `nationality` where it is told."""

    name: ClassVar[str] = "voxceleb"
    about = About(
        title="VoxCeleb 1 and 2",
        what="7,363 celebrities in interviews",
        tasks=("speakers",),
        licence="cc-by-4.0",
        attribution="Arsha Nagrani, Joon Son Chung and Andrew Zisserman, VoxCeleb",
        url="https://www.robots.ox.ac.uk/~vgg/data/voxceleb",
        hours=2794,
    )

    protocol: Literal["verification", "identification"] = Field(
        default="verification",
        description="The official split: by speaker for verification, within each speaker for identification.",
    )

    def read(self) -> Iterator[Recording]:
        speakers = self._speakers()
        listed = self._listed() if self.protocol == "identification" else None
        for path in audio_files(self.files):
            found = _PATH.fullmatch(path)
            if found is None:
                raise CorpusError("is not called <speaker>/<video>/<utterance>", join(self.root, path))
            above, speaker, video, utterance = found.groups()
            known = speakers.get(speaker) or _Speaker({}, _folder_split(above), {})
            key = f"{speaker}/{video}/{utterance}"
            yield Recording(
                key=key,
                span=Span(path),
                speaker=speaker,
                labels=known.labels,
                split=known.split if listed is None else self._identified(listed, key, path),
                extra={"video": video, **known.extra},
            )

    def _speakers(self) -> dict[str, _Speaker]:
        """What the tables tell of each speaker; of those that are there."""
        found: dict[str, _Speaker] = {}
        for table in TABLES:
            header: list[str] = []
            delimiter = ""
            for line, text in lines(self.files, table) if self.files.has(table) else ():
                delimiter = delimiter or ("," if "," in text else "\t")
                fields = [field.strip() for field in text.split(delimiter)]
                header = header or fields
                if len(fields) != len(header):
                    problem = f"{len(fields)} fields where the header has {len(header)}"
                    raise CorpusError(problem, join(self.root, table), line)
                row = dict(zip(header, fields, strict=True))
                found.update(_speaker(row))
        return found

    def _listed(self) -> dict[str, str]:
        """The splits of identification by key: 153,516 utterances, which may be held."""
        found = {}
        for line, text in lines(self.files, "iden_split.txt"):
            number, _, path = text.partition(" ")
            if number not in IDENTIFICATION or "." not in path:
                raise CorpusError("there should be 1, 2 or 3, and a path", join(self.root, "iden_split.txt"), line)
            found[path.strip().rpartition(".")[0]] = IDENTIFICATION[number]
        return found

    def _identified(self, listed: Mapping[str, str], key: str, path: str) -> str:
        if key not in listed:
            raise CorpusError("is not in iden_split.txt, which has VoxCeleb 1 only", join(self.root, path))
        return listed[key]


def _speaker(row: Mapping[str, str]) -> dict[str, _Speaker]:
    """The speaker of a row; the header is a row of none."""
    known = next((value for name, value in row.items() if name.startswith("VoxCeleb")), "")
    if not known.startswith("id"):
        return {}
    nationality = {"nationality": row["Nationality"]} if row.get("Nationality") else {}
    name = row.get("Name") or row.get("VGGFace1 ID")
    labels = {**gender_label(row.get("Gender")), **nationality}
    return {known: _Speaker(labels, SETS.get(row.get("Set", "")), {"name": name} if name else {})}


def _folder_split(above: str | None) -> str | None:
    """The split by the folders that a speaker's folder lies in, dev/aac."""
    return next((SETS[part] for part in (above or "").split("/") if part in SETS), None)
