"""desed: ten sounds of the home with on- and offsets, in clips of 10 seconds: the task 4 of DCASE from 2019 on.

Nicolas Turpault, Romain Serizel, Ankit Parag Shah and Justin Salamon, "Sound event detection in domestic environments
with weakly labeled data and soundscape synthesis", DCASE Workshop 2019, https://project.inria.fr/desed. Each list
metadata/{name}.tsv is about the clips in audio/{name}/:

    train/weak                               filename, event_labels: tags, separated by commas
    train/unlabel_in_domain                  filename alone, or no list at all
    train/synthetic21_train/soundscapes      filename, onset, offset, event_label: a line for each event
    validation/validation, eval/public       the same, of real clips

Licence: the lists are given away freely, synthetic clips are made of sounds of Freesound under licences of their own,
and real ones are cut from videos (AudioSet), which are their owners'.

Traps: a clip without events is a line with nothing behind the filename, and is kept, with an empty list. Real clips are
missing where videos are gone: see `missing`. Clips of a year's synthetic set have that year in the folder's name.
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
    unlabelled: bool = Field(default=False, description=f"Whether clips of {_UNLABELLED} are read that no list names.")

    def read(self) -> Iterator[Recording]:
        yield from self.present(self._all())

    def _all(self) -> Iterator[Recording]:
        lists = self.lists or tuple(self._found())
        for name in lists:
            yield from self._listed(name)
        if self.unlabelled and _UNLABELLED not in lists:
            for clip in audio_files(self.files, ("wav",), f"audio/{_UNLABELLED}"):
                yield _recording(_UNLABELLED, clip, {})

    def _found(self) -> Iterator[str]:
        """The lists whose clips lie in a folder of the same name."""
        empty = True
        for path in self.files.paths("metadata"):
            name, _, ending = path.rpartition(".")
            if ending == "tsv" and self.files.is_there(f"audio/{name}"):
                empty = False
                yield name
        if empty and not self.unlabelled:
            raise CorpusError(
                "has no .tsv whose clips lie in audio, in a folder of the same name", join(self.root, "metadata")
            )

    def _listed(self, name: str) -> Iterator[Recording]:
        lines = listed(self.files, f"metadata/{name}.tsv", ("filename",), quotes=False)
        for clip, of_clip in groupby(lines, lambda line: line.text("filename")):
            found = list(of_clip)
            yield _recording(name, clip, _labels(found))._replace(origin=found[0].origin)


def _recording(name: str, clip: str, labels: dict[str, Label]) -> Recording:
    return Recording(
        key=f"{name}/{clip.removesuffix('.wav')}",
        span=Span(f"audio/{name}/{clip}"),
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
