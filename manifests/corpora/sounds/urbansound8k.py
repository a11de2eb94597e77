"""urbansound8k: sounds of the street in 10 classes, 8,732 clips of at most 4 seconds, 8.75 hours.

Justin Salamon, Christopher Jacoby and Juan Pablo Bello, "A Dataset and Taxonomy for Urban Sound Research", ACM
Multimedia 2014, https://urbansounddataset.weebly.com/urbansound8k.html. audio/fold{1..10}/{fsID}-{classID}-{occurrence}
-{slice}.wav; metadata/UrbanSound8K.csv has slice_file_name, fsID, start, end, salience, fold, classID, class.

Licence: CC BY-NC 3.0; all is from Freesound, FREESOUNDCREDITS.txt says by whom, and `extra.source` is the address.

Traps: the ten folds must stay what they are, since slices of one recording share a fold (see folds.py), and the score
is the mean over all ten. Files have the rates, channels and bits that they were uploaded with, 8 to 192 kHz. `start`
and `end` are times in the recording on Freesound, not in the clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from manifests.corpora.about import About
from manifests.corpora.lists import listed
from manifests.corpora.sounds.folds import Folded
from manifests.recording import Recording, Span

_TABLE = "metadata/UrbanSound8K.csv"
_COLUMNS = ("slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class")


class UrbanSound8k(Folded):
    """Labels: `category`, `fold`, and `background`, whether it sounds behind others (salience 2)."""

    name: ClassVar[str] = "urbansound8k"
    folds: ClassVar[int] = 10
    about = About(
        title="UrbanSound8K",
        what="sounds of the street in 10 classes, 8,732 clips of at most 4 seconds in 10 folds",
        tasks=("sound classification",),
        licence="cc-by-nc-3.0",
        attribution="J. Salamon, C. Jacoby and J. P. Bello, A Dataset and Taxonomy for Urban Sound Research, 2014",
        url="https://urbansounddataset.weebly.com/urbansound8k.html",
        hours=8.75,
        size="6 GB",
    )

    def read(self) -> Iterator[Recording]:
        for line in listed(self.files, _TABLE, _COLUMNS):
            name, fold, salience = line.text("slice_file_name"), self.fold_of(line), line.text("salience")
            if salience not in ("1", "2"):
                raise line.error(f"salience is {salience!r}, which is neither 1 nor 2")
            yield Recording(
                key=name.removesuffix(".wav"),
                span=Span(f"audio/fold{fold}/{name}"),
                labels={"category": line.text("class"), "fold": fold, "background": salience == "2"},
                split=self.split_of(fold),
                extra={
                    "source": f"https://freesound.org/s/{line.whole('fsID')}/",
                    "source_start": line.seconds("start"),
                    "source_end": line.seconds("end"),
                },
                origin=line.origin,
            )
