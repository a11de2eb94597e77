"""desed: ten sounds of the home with on- and offsets, in clips of 10 seconds: the task 4 of DCASE from 2019 on.

Nicolas Turpault, Romain Serizel, Ankit Parag Shah and Justin Salamon, "Sound event detection in domestic environments
with weakly labeled data and soundscape synthesis", DCASE Workshop 2019, https://project.inria.fr/desed. Each list
metadata/{name}.tsv is about the clips in audio/{name}/:

    train/weak                               filename, event_labels: tags, separated by commas
    train/unlabel_in_domain                  filename alone, or no list at all
    train/synthetic21_train/soundscapes      filename, onset, offset, event_label: a line for each event
    train/audioset_strong                    the same, of the clips in train/strong_label_real
    validation/validation, eval/public       the same, of real clips

Licence: the lists are given away freely, synthetic clips are made of sounds of Freesound under licences of their own,
and real ones are cut from videos (AudioSet), which are their owners'.

Traps: a clip without events is a line with nothing behind the filename, and is kept, with an empty list. Real clips
are missing where videos are gone: see `missing`. The archives misspell the folders of some lists, synhtetic21_train for
one, and not those of the audio; both are found. A copy at another rate, such as the baseline's weak_16k, is named in
`folders`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.events import event
from manifests.corpora.folder import audio_files
from manifests.corpora.lists import Line, listed
from manifests.corpora.sounds.video_clips import OfVideos
from manifests.errors import CorpusError
from manifests.recording import Label, Recording, Span
from manifests.splits import standard_split

_UNLABELLED = "train/unlabel_in_domain"
_MISNAMED = {"synhtetic": "synthetic", "snthetic": "synthetic", "train/audioset_strong": "train/strong_label_real"}
"""What stands in the names of lists, and what in those of the folders of their clips."""


class Desed(OfVideos):
    """Labels: `tags`, and where on- and offsets are known `events`, "onset offset class"."""

    name: ClassVar[str] = "desed"
    about = About(
        title="DESED",
        what="ten sounds of the home in 10-second clips, with tags, or on- and offsets, or nothing",
        tasks=("sound event detection",),
        licence="own",
        attribution="N. Turpault et al., Sound event detection in domestic environments, DCASE Workshop 2019",
        url="https://project.inria.fr/desed",
    )

    lists: tuple[str, ...] = Field(
        default=(),
        description="Lists to read, without metadata/ and .tsv: train/weak; by default all that have audio.",
    )
    folders: dict[str, str] = Field(
        default={}, description="List to the folder of its clips below audio, where that is called otherwise."
    )
    unlabelled: bool = Field(default=False, description=f"Whether clips of {_UNLABELLED} are read that no list names.")

    def read(self) -> Iterator[Recording]:
        yield from self.present(self._all())

    def _all(self) -> Iterator[Recording]:
        lists = self.lists or tuple(self._found())
        for name in lists:
            yield from self._listed(name)
        if self.unlabelled and _UNLABELLED not in lists:
            for clip in audio_files(self.files, ("wav",), f"audio/{_UNLABELLED}"):
                yield _recording(_UNLABELLED, _UNLABELLED, clip, {})

    def _found(self) -> Iterator[str]:
        """The lists whose clips lie in a folder of the same name."""
        empty = True
        for path in self.files.paths("metadata"):
            name, _, ending = path.rpartition(".")
            if ending == "tsv" and self.files.is_there(f"audio/{self._folder(name)}"):
                empty = False
                yield name
        if empty and not self.unlabelled:
            raise CorpusError(
                "has no .tsv whose clips lie in audio, in a folder of the same name", join(self.root, "metadata")
            )

    def _folder(self, name: str) -> str:
        """The folder below audio that has the clips of a list."""
        return self.folders.get(name, _corrected(name))

    def _listed(self, name: str) -> Iterator[Recording]:
        lines = listed(self.files, f"metadata/{name}.tsv", ("filename",), quotes=False)
        for clip, of_clip in groupby(lines, lambda line: line.text("filename")):
            found = list(of_clip)
            row = _recording(_corrected(name), self._folder(name), clip, _labels(found))
            yield row._replace(origin=found[0].origin)


def _corrected(name: str) -> str:
    for wrong, right in _MISNAMED.items():
        name = name.replace(wrong, right)
    return name


def _recording(name: str, folder: str, clip: str, labels: dict[str, Label]) -> Recording:
    return Recording(
        key=f"{name}/{clip.removesuffix('.wav')}",
        span=Span(f"audio/{folder}/{clip}"),
        labels=labels,
        split=standard_split(name.partition("/")[0]),
    )


def _labels(lines: list[Line]) -> dict[str, Label]:
    """What the lines of one clip say, by the columns that they have."""
    first = lines[0]
    if "event_labels" in first.cells:
        return {"tags": [tag for line in lines for tag in line.cells["event_labels"].split(",") if tag]}
    if "event_label" not in first.cells:
        return {}
    for column in ("onset", "offset"):
        if column not in first.cells:
            raise first.error(f"no column {column!r}; there are {', '.join(first.cells)}")
    found = [line for line in lines if any(line.cells[name] for name in ("onset", "offset", "event_label"))]
    events = [event(line.seconds("onset"), line.seconds("offset"), line.text("event_label")) for line in found]
    return {"events": events, "tags": sorted({line.text("event_label") for line in found})}
