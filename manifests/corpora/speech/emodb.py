"""emodb: the Berlin Database of Emotional Speech, ten actors, seven emotions, ten sentences in German.

Felix Burkhardt, Astrid Paeschke, Miriam Rolfes, Walter Sendlmeier and Benjamin Weiss, "A database of German emotional
speech", Interspeech 2005; http://emodb.bilderbar.info. 535 clips, 16 kHz mono WAV,
wav/<speaker><text><emotion><version>.wav: 03a01Fa is speaker 03, sentence a01, Freude, first version.

Traps: the emotion is the letter of its German name (W is Wut, anger; F is Freude, happiness; A is Angst, fear), N
aside. Classes differ by three: 127 clips of anger, 46 of disgust. All actors say the same sentences, so only a split
by speaker says anything; there is no official one. Only clips that listeners recognised are in it. Keys are the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
MEN = ("03", "10", "11", "12", "15")
WOMEN = ("08", "09", "13", "14", "16")

_NAME = re.compile(
    rf"(?:.*/)?(?P<key>(?P<speaker>{'|'.join((*MEN, *WOMEN))})(?P<sentence>{'|'.join(SENTENCES)})"
    rf"(?P<emotion>[{''.join(EMOTIONS)}])(?P<version>[a-z]))\.\w+"
)


class EmoDb(Reader):
    """Labels: `emotion`, `language` and `gender`."""

    name: ClassVar[str] = "emodb"
    about = About(
        title="Berlin Database of Emotional Speech",
        what="Seven emotions, acted by ten speakers of German, 535 clips",
        tasks=("emotions",),
        licence="own",
        attribution="Felix Burkhardt et al., Berlin Database of Emotional Speech",
        url="http://emodb.bilderbar.info",
    )

    def read(self) -> Iterator[Recording]:
        for path in audio_files(self.files):
            found = _NAME.fullmatch(path)
            if found is None:
                raise CorpusError(
                    "is not called <speaker><sentence><emotion><version>, 03a01Fa.wav", join(self.root, path)
                )
            yield Recording(
                key=found["key"],
                span=Span(path),
                speaker=found["speaker"],
                text=SENTENCES[found["sentence"]],
                labels={
                    "emotion": EMOTIONS[found["emotion"]],
                    "language": "de",
                    "gender": "male" if found["speaker"] in MEN else "female",
                },
                extra={"version": found["version"]},
            )
