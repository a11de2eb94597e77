"""voicebank_demand: read sentences in noise, each beside its clean original, that denoisers are compared on.

Cassia Valentini-Botinhao, "Noisy speech database for training speech enhancement algorithms and TTS models", University
of Edinburgh, 2017, https://datashare.ed.ac.uk/handle/10283/2791, CC BY 4.0; Valentini-Botinhao, Wang, Takaki and
Yamagishi, "Investigating RNN-based speech enhancement methods for noise-robust text-to-speech", SSW 2016. Voices are of
the VCTK corpus (Voice Bank), noises of DEMAND and two made ones (babble, speech-shaped). 48 kHz mono WAV.

    {clean,noisy}_trainset_28spk_wav/p226_001.wav     28 speakers, 11,572 sentences, at 0, 5, 10 and 15 dB
    {clean,noisy}_trainset_56spk_wav/..               56 others
    {clean,noisy}_testset_wav/p232_001.wav            2 speakers, p232 and p257, 824 sentences, at 2.5 to 17.5 dB
    trainset_28spk_txt/p226_001.txt, ..               what is said
    log_trainset_28spk.txt, .., or in logfiles/       p226_001 cafeteria 15: the noise and its level in dB

A recording is the noisy file, with `clean` beside it: `decode: {also: [clean]}`. Most papers hear the 28 speakers, at
16 kHz.

Traps: nobody has set speakers aside to choose a model by. Several papers hear p226 and p287, of 28 speakers, for it,
770 sentences, and so does `valid`. Everybody reads the same passages first, so splits share texts. Files lie flat, and
the two halves of a pair have one name in two folders: the archives are unpacked side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.lists import plain_lines
from manifests.corpora.reader import Reader
from manifests.corpora.speech.listing import parts_there, text_of
from manifests.errors import CorpusError
from manifests.recording import Label, Recording, Span

Part = Literal["trainset_28spk", "trainset_56spk", "testset"]

VALID = ("p226", "p287")

_NAME = re.compile(r"(?P<key>(?P<speaker>[ps]\d+)_\d+)\.wav")
_LOG = re.compile(r"(?P<key>\S+)\s+(?P<noise>\S+)\s+(?P<snr>-?\d+(?:\.\d+)?)")


class VoiceBankDemand(Reader):
    """Labels: `noise` and `snr_db`, where the log of the part is there."""

    name: ClassVar[str] = "voicebank_demand"
    about = About(
        title="VoiceBank-DEMAND",
        what="sentences by 30 speakers (or 86) in noise, each beside its clean original",
        tasks=("denoising",),
        licence="cc-by-4.0",
        attribution="C. Valentini-Botinhao, University of Edinburgh, Noisy speech database",
        url="https://datashare.ed.ac.uk/handle/10283/2791",
    )

    parts: tuple[Part, ...] = Field(
        default=("trainset_28spk", "testset"), min_length=1, description="What to read; trainset_56spk, too."
    )
    valid: tuple[str, ...] = Field(
        default=VALID,
        description="Speakers of the training sets who are valid; none where the list is empty.",
    )

    def read(self) -> Iterator[Recording]:
        unheard = set(self.valid).difference(VALID)  # who are only in one of the training sets
        for part in self.parts:
            wanted = [f"{kind}_{part}_wav" for kind in ("clean", "noisy")]
            clean, noisy = parts_there(self.files, wanted, wanted)
            logged, texts = self._log(part), self._texts(part)
            for name in audio_files(self.files, ("wav",), noisy):
                found = _NAME.fullmatch(name)
                if found is None:
                    raise CorpusError("is not called as p226_001.wav", join(self.root, f"{noisy}/{name}"))
                key, speaker = found["key"], found["speaker"]
                unheard.discard(speaker)
                yield Recording(
                    key=f"{part}/{key}",
                    span=Span(f"{noisy}/{name}"),
                    beside={"clean": Span(f"{clean}/{name}")},
                    speaker=speaker,
                    text=text_of(self.files, texts[key]) or None if key in texts else None,
                    labels=logged.get(key, {}),
                    split="test" if part == "testset" else "valid" if speaker in self.valid else "train",
                )
        if unheard:
            raise CorpusError(f"valid names {', '.join(sorted(unheard))}, who speak in none of the parts", self.root)

    def _log(self, part: Part) -> dict[str, Mapping[str, Label]]:
        """The labels of a part by key: up to some 23,000, which may be held."""
        places = (f"log_{part}.txt", f"logfiles/log_{part}.txt")
        name = next((place for place in places if self.files.has(place)), None)
        logged: dict[str, Mapping[str, Label]] = {}
        for line, text in plain_lines(self.files, name) if name else ():
            found = _LOG.fullmatch(text)
            if found is None:
                raise CorpusError(f"{text!r} is not written as p226_001 cafeteria 15", join(self.root, str(name)), line)
            logged[found["key"]] = {"noise": found["noise"], "snr_db": float(found["snr"])}
        return logged

    def _texts(self, part: Part) -> dict[str, str]:
        """The paths of the texts by key."""
        folder = f"{part}_txt"
        names = self.files.paths(folder) if self.files.is_there(folder) else ()
        return {name.removesuffix(".txt"): f"{folder}/{name}" for name in names if name.endswith(".txt")}
