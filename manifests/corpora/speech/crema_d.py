"""crema_d: the Crowd-sourced Emotional Multimodal Actors Dataset, 91 actors, six emotions, twelve sentences.

Houwei Cao et al., "CREMA-D: Crowd-Sourced Emotional Multimodal Actors Dataset", IEEE Transactions on Affective
Computing 5(4), 2014; https://github.com/CheyneyComputerScience/CREMA-D, ODbL 1.0. 7,442 clips, 16 kHz mono,
AudioWAV/<actor>_<sentence>_<emotion>_<level>.wav, 1001_DFA_ANG_XX.wav; VideoDemographics.csv has age, sex, race and
ethnicity by actor.

Traps: levels LO, MD and HI were asked for in one sentence only (IEO), all others are XX, unspecified, and have no
label `intensity`; one file ends in X alone. The emotion is the one that was acted: what listeners heard is in tables
of its own, and often differs. 1076_MTI_SAD_XX.wav is silent. There is no official split; one by speaker is the one
that says anything. A clone without Git LFS holds pointers instead of audio, which decode rejects. Keys are the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.reader import Reader
from manifests.corpora.speech.genders import gender_label
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.tables import table_rows

TABLE = "VideoDemographics.csv"
FOLDERS = ("AudioWAV", "AudioMP3")
EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high"}
SENTENCES = {
    "DFA": "Don't forget a jacket.",
    "IEO": "It's eleven o'clock.",
    "IOM": "I'm on my way to the meeting.",
    "ITH": "I think I have a doctor's appointment.",
    "ITS": "I think I've seen this before.",
    "IWL": "I would like a new alarm clock.",
    "IWW": "I wonder what this is about.",
    "MTI": "Maybe tomorrow it will be cold.",
    "TAI": "The airplane is almost full.",
    "TIE": "That is exactly what happened.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}

_NAME = re.compile(
    rf"(?P<actor>1\d\d\d)_(?P<sentence>{'|'.join(SENTENCES)})_(?P<emotion>{'|'.join(EMOTIONS)})_(?P<level>LO|MD|HI|XX?)"
)


class CremaD(Reader):
    """Labels: `emotion`, `intensity` where one was asked for, `language` and `gender`."""

    name: ClassVar[str] = "crema_d"
    about = About(
        title="CREMA-D",
        what="Six emotions, acted by 91 actors in English, 7,442 clips",
        tasks=("emotions", "speakers"),
        licence="odbl-1.0",
        attribution="Houwei Cao et al., CREMA-D",
        url="https://github.com/CheyneyComputerScience/CREMA-D",
    )

    def read(self) -> Iterator[Recording]:
        folder = next((name for name in FOLDERS if self.files.is_there(name)), None)
        if folder is None:
            raise CorpusError(f"has neither of the folders {' and '.join(FOLDERS)}", self.root)
        actors = self._actors()
        for path in audio_files(self.files, folder=folder):
            key = path.rpartition(".")[0]
            found = _NAME.fullmatch(key)
            if found is None:
                problem = "is not called <actor>_<sentence>_<emotion>_<level>"
                raise CorpusError(problem, join(self.root, f"{folder}/{path}"))
            labels, extra = actors.get(found["actor"], ({}, {}))
            level = {"intensity": LEVELS[found["level"]]} if found["level"] in LEVELS else {}
            yield Recording(
                key=key,
                span=Span(f"{folder}/{path}"),
                speaker=found["actor"],
                text=SENTENCES[found["sentence"]],
                labels={"emotion": EMOTIONS[found["emotion"]], **level, "language": "en", **labels},
                extra=extra,
            )

    def _actors(self) -> dict[str, tuple[Mapping[str, str], Mapping[str, str]]]:
        """Labels and extra by actor; none where the table was not kept."""
        found: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {}
        if not self.files.has(TABLE):
            return found
        table = join(self.root, TABLE)
        for line, row in table_rows(table, opened=partial(self.files.open, TABLE)):
            if "ActorID" not in row or "Sex" not in row:
                raise CorpusError(f"no columns ActorID and Sex; there are {', '.join(row)}", table, line)
            extra = {name.lower(): row[name] for name in ("Age", "Race", "Ethnicity") if row.get(name)}
            found[row["ActorID"]] = gender_label(row["Sex"]), extra
        return found
