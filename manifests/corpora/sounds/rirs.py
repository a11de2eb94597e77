"""rirs: room impulse responses, 325 real ones and 60,000 simulated, with noises of rooms and of points: OpenSLR-28.

Tom Ko, Vijayaditya Peddinti, Daniel Povey, Michael L. Seltzer and Sanjeev Khudanpur, "A study on data augmentation of
reverberant speech for robust speech recognition", ICASSP 2017, https://www.openslr.org/28, Apache 2.0. 16 kHz WAV.
The folder RIRS_NOISES, root or just below it, has four parts, which lists name file by file:

    real_rirs_isotropic_noises/rir_list      --rir-id 00001 --room-id RVB2014_largeroom1 RIRS_NOISES/...wav
    real_rirs_isotropic_noises/noise_list    --noise-id 00001 --noise-type isotropic --room-linkage ROOM ...wav
    simulated_rirs/{small,medium,large}room/rir_list    200 rooms each, 100 responses in a room
    pointsource_noises/noise_list            --noise-id noise-free-sound-0000 --noise-type point-source ...wav

Real responses come from the RWCP sound scene database, the REVERB challenge of 2014 and the Aachen impulse response
database (AIR).

Traps: the real ones were taken with arrays, eight microphones in REVERB's, and so do their noises; the others have one
channel. A mean over microphones is no room's response, so `channel` takes one, the first by default. Rooms of the three
sizes have the same names, which keys and the label `room` tell apart. The noises of points are those of MUSAN.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.lists import plain_lines
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Label, Recording, Span

Part = Literal["real", "small", "medium", "large", "isotropic", "point_source"]

_HOME = "RIRS_NOISES/"
_LISTS: dict[Part, str] = {
    "real": "real_rirs_isotropic_noises/rir_list",
    "small": "simulated_rirs/smallroom/rir_list",
    "medium": "simulated_rirs/mediumroom/rir_list",
    "large": "simulated_rirs/largeroom/rir_list",
    "isotropic": "real_rirs_isotropic_noises/noise_list",
    "point_source": "pointsource_noises/noise_list",
}
_OF_ARRAYS = ("real", "isotropic")


class Rirs(Reader):
    """Labels: `kind`: real, simulated, isotropic or point_source; `room`, `room_size`; of points `background`."""

    name: ClassVar[str] = "rirs"
    about = About(
        title="Room Impulse Response and Noise Database",
        what="325 real and 60,000 simulated room responses, isotropic and point-source noises",
        tasks=("augmentation",),
        licence="apache-2.0",
        attribution="T. Ko et al., A study on data augmentation of reverberant speech, ICASSP 2017",
        url="https://www.openslr.org/28",
        size="1.3 GB",
    )

    parts: tuple[Part, ...] = Field(
        default=("real", "small", "medium", "large"),
        min_length=1,
        description="What to read: real, small, medium, large (simulated rooms), isotropic, point_source (noises).",
    )
    channel: int | None = Field(
        default=0, ge=0, description="The microphone of real responses and isotropic noises; null for all of them."
    )

    def read(self) -> Iterator[Recording]:
        home = _HOME if self.files.is_there(_HOME.rstrip("/")) else ""
        for part, name in _LISTS.items():
            if part in self.parts:
                yield from self._listed(part, home, home + name)

    def _listed(self, part: Part, home: str, name: str) -> Iterator[Recording]:
        table = join(self.root, name)
        for line, text in plain_lines(self.files, name):
            *words, path = text.split()
            said = {option.removeprefix("--"): value for option, value in zip(words[::2], words[1::2], strict=False)}
            _, found, file = path.rpartition(_HOME)
            if len(words) % 2 or not found or not {"rir-id", "noise-id"} & said.keys():
                raise CorpusError(
                    f"{text!r} is not written as --rir-id ID --room-id ROOM {_HOME}.. or --noise-id ID ..", table, line
                )
            stem = posixpath.splitext(posixpath.basename(file))[0]
            yield Recording(
                key=f"{part}/{stem}",
                span=Span(home + file),
                channel=self.channel if part in _OF_ARRAYS else None,
                labels=_labels(part, said),
                extra={"id": said.get("rir-id") or said["noise-id"]},
                origin=f"{table}:{line}",
            )


def _labels(part: Part, said: dict[str, str]) -> dict[str, Label]:
    if part == "point_source":
        return {"kind": part, "background": said.get("bg-fg-type", "background") == "background"}
    if part == "isotropic":
        return {"kind": part, "room": said.get("room-linkage", "")}
    if part == "real":
        return {"kind": part, "room": said.get("room-id", "")}
    return {"kind": "simulated", "room": f"{part}-{said.get('room-id', '')}", "room_size": part}
