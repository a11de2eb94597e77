"""LibriVox: what LibriSpeech and LibriTTS have in common, their parts and their table of speakers.

Parts are called after split, quality and size, train-clean-100. The table of speakers, SPEAKERS.TXT, has lines of `id
| sex | part | minutes | name` behind comments that begin with a semicolon. Trap: a name may hold | itself, as that of
speaker 60 does.
"""

from __future__ import annotations

from typing import Literal

from manifests.address import join
from manifests.corpora.lists import lines
from manifests.corpora.speech.genders import gender_label
from manifests.errors import CorpusError
from manifests.files import Files
from manifests.splits import standard_split

Part = Literal[
    "dev-clean",
    "dev-clean-2",
    "dev-other",
    "test-clean",
    "test-other",
    "train-clean-5",
    "train-clean-100",
    "train-clean-360",
    "train-other-500",
]
"""Those of LibriSpeech and LibriTTS, and the two of Mini LibriSpeech."""


def split_of(part: str) -> str:
    """The split that a part belongs to.

    >>> split_of("dev-other"), split_of("train-clean-100")
    ('valid', 'train')
    """
    return standard_split(part.partition("-")[0])


def speaker_genders(files: Files, *names: str) -> dict[str, dict[str, str]]:
    """The label `gender` by speaker, of the first of the tables that is there; empty where none is."""
    table = next((name for name in names if files.has(name)), None)
    found: dict[str, dict[str, str]] = {}
    if table is None:
        return found
    for line, text in lines(files, table):
        if text.startswith(";"):
            continue
        fields = [field.strip() for field in text.split("|", 4)]
        if len(fields) != 5:
            raise CorpusError(
                f"{len(fields)} fields; there should be id | sex | part | minutes | name", join(files.root, table), line
            )
        found[fields[0]] = gender_label(fields[1])
    return found
