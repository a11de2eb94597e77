"""clotho: sounds of 15 to 30 seconds, each with five captions by five people: 5,929 clips in version 2.

Konstantinos Drossos, Samuel Lipping and Tuomas Virtanen, "Clotho: an Audio Captioning Dataset", ICASSP 2020,
https://zenodo.org/record/4783391. 44.1 kHz WAV in development/, validation/ and evaluation/, which are train, valid and
test; beside them clotho_captions_{split}.csv (file_name, caption_1 to caption_5) and clotho_metadata_{split}.csv
(file_name, keywords, sound_id, sound_link, start_end_samples, manufacturer, license). The test clips of DCASE, which
have no captions, are not read.

Licence: captions under terms of Tampere University, not for commerce; each clip under its own on Freesound, which
`extra.licence` and `extra.source` say.

Traps: the metadata are in Latin-1. Some sounds have left Freesound: their sound_id is "Not found". A clip has five
texts: see `captions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import IO, ClassVar

from manifests.corpora.about import About
from manifests.corpora.lists import Line, listed
from manifests.corpora.sounds.captions import Captioned
from manifests.corpora.written_licences import licence_of
from manifests.recording import Recording, Span

_SPLITS = {"development": "train", "validation": "valid", "evaluation": "test"}
_CAPTIONS = tuple(f"caption_{number}" for number in range(1, 6))
_ABOUT = ("file_name", "keywords", "sound_link", "manufacturer", "license")


class Clotho(Captioned):
    """The text is a caption. Label: `keywords`, a list."""

    name: ClassVar[str] = "clotho"
    about = About(
        title="Clotho",
        what="5,929 sounds of 15 to 30 seconds, each with five captions",
        tasks=("audio captioning", "retrieval"),
        licence="own",
        attribution="K. Drossos, S. Lipping and T. Virtanen, Clotho: an Audio Captioning Dataset; clips by uploaders",
        url="https://zenodo.org/record/4783391",
    )

    def read(self) -> Iterator[Recording]:
        for folder, split in _SPLITS.items():
            about = {line.cells["file_name"]: line for line in self._metadata(folder)}
            for line in listed(self.files, f"clotho_captions_{folder}.csv", ("file_name", *_CAPTIONS)):
                name = line.cells["file_name"]
                if name not in about:
                    raise line.error(f"{name!r} has no licence in clotho_metadata_{folder}.csv")
                clip = _clip(folder, name, about[name])._replace(split=split, origin=line.origin)
                yield from self.captioned(clip, [line.text(column) for column in _CAPTIONS])

    def _metadata(self, folder: str) -> Iterator[Line]:
        """What is known of the clips of a split, at most 3,839."""
        name = f"clotho_metadata_{folder}.csv"

        def opened() -> IO[bytes]:
            return BytesIO(self.files.read(name).decode("latin-1").encode())

        return listed(self.files, name, _ABOUT, opened=opened)


def _clip(folder: str, name: str, about: Line) -> Recording:
    source = ", ".join(filter(None, (about.cells["manufacturer"].strip(), about.cells["sound_link"].strip())))
    return Recording(
        key=f"{folder}/{name.removesuffix('.wav')}",
        span=Span(f"{folder}/{name}"),
        labels={"keywords": [word.strip() for word in about.cells["keywords"].split(";") if word.strip()]},
        extra={"licence": licence_of(about.text("license")), **({"source": source} if source else {})},
    )
