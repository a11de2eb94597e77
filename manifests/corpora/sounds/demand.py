"""demand: noise of 18 places, from a kitchen to the metro, 5 minutes each, taken by an array of 16 microphones.

Joachim Thiemann, Nobutaka Ito and Emmanuel Vincent, "The Diverse Environments Multi-channel Acoustic Noise Database
(DEMAND)", Proceedings of Meetings on Acoustics 19, 2013, https://zenodo.org/record/1227121, CC BY-SA 3.0. A folder for
each place, {place}/ch{01..16}.wav, at 48 or 16 kHz, in an archive of its own for each place and rate; unpack those of
one rate into one folder. The first letter of a place is its kind: D domestic, N nature, O office, P public, S street,
T transportation.

Traps: the 16 files of a place are one noise, heard a few centimetres apart. One in train and one in test is the same in
both, so only the first microphone is read unless `channels` says more; then split `by: place`. The café SCAFE is there
at 48 kHz only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span

_KINDS = {
    "D": "domestic",
    "N": "nature",
    "O": "office",
    "P": "public",
    "S": "street",
    "T": "transportation",
}
_NAME = re.compile(r"([DNOPST][A-Z]+)/ch(\d\d)\.wav")
_CHANNELS = 16

Channel = Annotated[int, Field(ge=1, le=_CHANNELS)]


class Demand(Reader):
    """Labels: `place` and `kind`."""

    name: ClassVar[str] = "demand"
    about = About(
        title="DEMAND",
        what="noise of 18 places, 5 minutes each, by 16 microphones",
        tasks=("augmentation", "denoising"),
        licence="cc-by-sa-3.0",
        attribution="J. Thiemann, N. Ito and E. Vincent, Diverse Environments Multi-channel Acoustic Noise Database",
        url="https://zenodo.org/record/1227121",
        hours=1.5,
    )

    channels: tuple[Channel, ...] = Field(
        default=(1,), min_length=1, description="Microphones to read, 1 to 16, each as a recording of its own."
    )

    def read(self) -> Iterator[Recording]:
        for path in audio_files(self.files, ("wav",)):
            found = _NAME.fullmatch(path)
            if found is None or not 1 <= int(found[2]) <= _CHANNELS:
                raise CorpusError("is not called {place}/ch{01..16}.wav, place as in DKITCHEN", join(self.root, path))
            if int(found[2]) in self.channels:
                yield Recording(
                    key=path.removesuffix(".wav"),
                    span=Span(path),
                    labels={"place": found[1], "kind": _KINDS[found[1][0]]},
                    extra={"microphone": int(found[2])},
                )
