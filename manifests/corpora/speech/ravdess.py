"""ravdess: the Ryerson Audio-Visual Database of Emotional Speech and Song, 24 actors, eight emotions, two sentences.

Steven R. Livingstone and Frank A. Russo, PLoS ONE 13(5), 2018, https://doi.org/10.1371/journal.pone.0196391;
https://zenodo.org/record/1188976, CC BY-NC-SA 4.0. 48 kHz WAV, Actor_<nn>/<seven numbers>.wav, which are modality (01
with picture, 02 picture, 03 sound), vocal channel (01 speech, 02 song), emotion, intensity (01 normal, 02 strong),
statement, repetition and actor; odd actors are men, even ones women. Speech has 1,440 files, song 1,012.

Traps: speech and song are two archives that unpack into the same folders; `channels` chooses. Song has neither disgust
nor surprise, and actor 18 does not sing. Neutral is never strong, and half as frequent as others. All say the same two
sentences, so only a split by speaker says anything; there is no official one. A copy that goes round holds everything
twice, in a folder inside: that is told as keys that are there twice. Keys are the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span

CHANNELS = {"01": "speech", "02": "song"}
EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
INTENSITIES = {"01": "normal", "02": "strong"}
STATEMENTS = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}

_NAME = re.compile(
    r"(?:.*/)?(?P<key>0[13]-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])-(?P<statement>0[12])"
    r"-(?P<repetition>0[12])-(?P<actor>0[1-9]|1\d|2[0-4]))\.\w+"
)


class Ravdess(Reader):
    """Labels: `emotion`, `intensity`, `vocal_channel`, `language` and `gender`."""

    name: ClassVar[str] = "ravdess"
    about = About(
        title="RAVDESS",
        what="Eight emotions, spoken and sung by 24 actors in English",
        tasks=("emotions", "speakers"),
        licence="cc-by-nc-sa-4.0",
        attribution="Steven R. Livingstone and Frank A. Russo, RAVDESS",
        url="https://zenodo.org/record/1188976",
    )

    channels: tuple[Literal["speech", "song"], ...] = Field(
        default=("speech", "song"), description="What is read: [speech], [song] or both.", min_length=1
    )

    def read(self) -> Iterator[Recording]:
        for path in audio_files(self.files):
            found = _NAME.fullmatch(path)
            if found is None:
                raise CorpusError("is not called by seven numbers, 03-01-06-01-02-01-12.wav", join(self.root, path))
            if CHANNELS[found["channel"]] not in self.channels:
                continue
            yield Recording(
                key=found["key"],
                span=Span(path),
                speaker=found["actor"],
                text=STATEMENTS[found["statement"]],
                labels={
                    "emotion": EMOTIONS[found["emotion"]],
                    "intensity": INTENSITIES[found["intensity"]],
                    "vocal_channel": CHANNELS[found["channel"]],
                    "language": "en",
                    "gender": "male" if int(found["actor"]) % 2 else "female",
                },
                extra={"repetition": found["repetition"]},
            )
