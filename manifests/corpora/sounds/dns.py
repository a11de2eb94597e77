"""dns: noisy speech beside its clean original and its noise, as the Deep Noise Suppression Challenge mixes them.

Chandan K. A. Reddy et al., "The INTERSPEECH 2020 Deep Noise Suppression Challenge: Datasets, Subjective Testing
Framework, and Challenge Results", Interspeech 2020, https://github.com/microsoft/DNS-Challenge. The challenge hands out
speech and noise, under the terms of where each comes from (LibriVox, AudioSet, Freesound, DEMAND and others), and a
script, noisyspeech_synthesizer, that mixes as many pairs of them as one asks for. It hands out a test set as well, 150
pairs without reverberation and 150 with it. 16 kHz WAV, in later years 48 kHz too.

    training/noisy/{speech}_{noise}_snr10_tl-24_fileid_7.wav
    training/{clean,noise}/{clean,noise}_fileid_7.wav
    datasets/test_set/synthetic/{no_reverb,with_reverb}/{noisy,clean}/..     the same names

The root is the folder of the challenge, or one further down: the one that holds training, test_set, synthetic,
no_reverb, or noisy and clean themselves. A recording is the noisy file, with `clean`, and in training `noise`, beside
it. In a name, `snr` is the level of the speech over the noise in dB, `tl` that of the mixture below full scale.

Traps: only the number ties a pair together. The names of what was mixed are cut at 100 characters each, and one that
holds `_` cannot be told from the next, so they are kept as they stand, in `sources`. The same voice and the same noise
are in many pairs, and names do not tell which: `split: {from: corpus, by: key, valid: 0.05}` sets pairs aside, not
voices. The real recordings of the test sets have no clean original, and are not read; the reader `folder` takes them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Label, Recording, Span

Part = Literal["training", "no_reverb", "with_reverb"]

_TESTS: tuple[Part, ...] = ("no_reverb", "with_reverb")
_ABOVE_TESTS = ("datasets/test_set/synthetic/", "test_set/synthetic/", "synthetic/", "")
_NAME = re.compile(r"(?P<sources>.+)_snr(?P<snr>-?\d+)(?:_tl(?P<level>-?\d+))?_fileid_(?P<number>\d+)\.wav")


class Dns(Reader):
    """Labels: `snr_db`, and in the test set `reverb`."""

    name: ClassVar[str] = "dns"
    about = About(
        title="Deep Noise Suppression Challenge",
        what="noisy speech beside its clean original, as mixed by the challenge's script, and its synthetic test set",
        tasks=("denoising",),
        licence="own",
        attribution="C. K. A. Reddy et al., The INTERSPEECH 2020 Deep Noise Suppression Challenge",
        url="https://github.com/microsoft/DNS-Challenge",
    )

    parts: tuple[Part, ...] | None = Field(
        default=None, min_length=1, description="What to read: training, no_reverb, with_reverb; all that are there."
    )

    def read(self) -> Iterator[Recording]:
        there = self._places()
        if not there:
            raise CorpusError(
                "holds neither training/noisy nor test_set/synthetic; root is the folder that does, or noisy's own",
                self.root,
            )
        for part in self.parts or there:
            if part not in there:
                raise CorpusError(f"has no part {part}; there are {', '.join(there)}", self.root)
            yield from self._pairs(part, there[part])

    def _places(self) -> dict[Part, str]:
        """The parts that are there, each with its folder."""
        places: list[tuple[Part, str]] = [("training", "training/")]
        places += [(part, f"{above}{part}/") for part in _TESTS for above in _ABOVE_TESTS]
        own = posixpath.basename(self.root.rstrip("/"))
        places.append((next((part for part in _TESTS if part == own), "training"), ""))
        found: dict[Part, str] = {}
        for part, folder in places:
            if part not in found and self.files.is_there(f"{folder}noisy"):
                found[part] = folder
        return found

    def _pairs(self, part: Part, folder: str) -> Iterator[Recording]:
        if not self.files.is_there(f"{folder}clean"):
            raise CorpusError(
                "has no folder clean beside it, so nothing here is a pair", join(self.root, f"{folder}noisy")
            )
        kinds = [kind for kind in ("clean", "noise") if self.files.is_there(f"{folder}{kind}")]
        for name in audio_files(self.files, ("wav",), f"{folder}noisy"):
            path = f"{folder}noisy/{name}"
            found = _NAME.fullmatch(name)
            if found is None:
                raise CorpusError("is not called .._snr10_tl-24_fileid_7.wav", join(self.root, path))
            number, level = found["number"], found["level"]
            labels: dict[str, Label] = {"snr_db": int(found["snr"])}
            yield Recording(
                key=f"{part}/{number}",
                span=Span(path),
                beside={kind: Span(f"{folder}{kind}/{kind}_fileid_{number}.wav") for kind in kinds},
                labels=labels | ({"reverb": part == "with_reverb"} if part in _TESTS else {}),
                split="test" if part in _TESTS else "train",
                extra={"sources": found["sources"], **({"level_db": int(level)} if level else {})},
            )
