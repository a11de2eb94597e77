"""audioset: 10-second clips of YouTube's videos, tagged by people with 527 classes of sound: 2,084,320 clips.

Jort F. Gemmeke et al., "Audio Set: An ontology and human-labeled dataset for audio events", ICASSP 2017,
https://research.google.com/audioset. Lists, below the root:

    balanced_train_segments.csv, unbalanced_train_segments.csv, eval_segments.csv
    class_labels_indices.csv     index,mid,display_name
    audioset_train_strong.tsv, audioset_eval_strong.tsv, mid_to_display_name.tsv

The first three have lines such as `--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"`, below three that begin with #.
The strong ones (Shawn Hershey et al., "The benefit of temporally-strong labels in audio event classification", ICASSP
2021) have a line for each event of some 120,000 of the clips: segment_id, start_time_seconds, end_time_seconds, label,
where segment_id is the video's id and the millisecond at which the clip begins, and times count from there.

Licence: the lists are CC BY 4.0; no audio is given out, and what one cuts from videos is their owners'.

Traps: the audio's layout is one's own: see `audio`. Many videos are gone: see `missing`. Tags are unreliable for some
classes, and balanced only in name. The strong lists are about clips of the others, so their keys begin with strong/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from typing import ClassVar, Literal

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.events import event
from manifests.corpora.lists import Line, listed
from manifests.corpora.sounds.video_clips import VideoClips
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.tables import delimited_rows, text_lines

Part = Literal["balanced", "unbalanced", "eval", "strong_train", "strong_eval"]

_LISTS: dict[Part, tuple[str, str]] = {
    "balanced": ("balanced_train_segments", "train"),
    "unbalanced": ("unbalanced_train_segments", "train"),
    "eval": ("eval_segments", "test"),
    "strong_train": ("audioset_train_strong", "train"),
    "strong_eval": ("audioset_eval_strong", "test"),
}
_SEGMENT = re.compile(r'([\w-]+), *([\d.]+), *([\d.]+), *"?([^" ]+)"?')
_STRONG = ("segment_id", "start_time_seconds", "end_time_seconds", "label")


class AudioSet(VideoClips):
    """Label: `tags`, names of classes; of the strong lists also `events`, "onset offset class"."""

    name: ClassVar[str] = "audioset"
    about = About(
        title="AudioSet",
        what="10-second clips of videos with tags of 527 classes, some with on- and offsets; lists without audio",
        tasks=("sound tagging", "sound event detection"),
        licence="own",
        attribution="J. F. Gemmeke et al., Audio Set: An ontology and human-labeled dataset for audio events, 2017",
        url="https://research.google.com/audioset",
        hours=5790,
    )

    parts: tuple[Part, ...] = Field(
        default=("balanced", "eval"),
        min_length=1,
        description="Lists to read: balanced, unbalanced, eval, strong_train, strong_eval.",
    )

    def read(self) -> Iterator[Recording]:
        yield from self.present(self._all())

    def _all(self) -> Iterator[Recording]:
        for part, (name, split) in _LISTS.items():
            if part in self.parts:
                yield from self._strong(name, split) if part.startswith("strong") else self._weak(name, split)

    def _weak(self, name: str, split: str) -> Iterator[Recording]:
        names, table = self._names(), join(self.root, f"{name}.csv")
        for line, text in text_lines(table, partial(self.files.open, f"{name}.csv")):
            if text.startswith("#") or not text.strip():
                continue
            found = _SEGMENT.fullmatch(text.strip())
            if found is None:
                raise CorpusError('is not written as id, start, end, "mid,mid"', table, line)
            video, start, _, mids = found.groups()
            yield Recording(
                key=f"{video}_{1000 * float(start):.0f}",
                span=Span(self.clip_path(name, video, float(start))),
                labels={"tags": [_named(names, mid, table, line) for mid in mids.split(",")]},
                split=split,
                extra={"mids": mids.split(","), "source": _address(video, float(start))},
                origin=f"{table}:{line}",
            )

    def _strong(self, name: str, split: str) -> Iterator[Recording]:
        """The clips of a list whose lines are events, all those of a clip behind one another."""
        names = self._strong_names()
        lines = listed(self.files, f"{name}.tsv", _STRONG, quotes=False)
        for segment, of_clip in groupby(lines, lambda line: line.text("segment_id")):
            found = list(of_clip)
            video, _, millisecond = segment.rpartition("_")
            if not video or not millisecond.isdigit():
                raise found[0].error(f"segment_id is {segment!r}, which is not id_millisecond")
            start = int(millisecond) / 1000
            tags = [_named(names, line.text("label"), line.table, line.number) for line in found]
            yield Recording(
                key=f"strong/{segment}",
                span=Span(self.clip_path(name, video, start)),
                labels={
                    "events": [_event(line, tag) for line, tag in zip(found, tags, strict=True)],
                    "tags": list(dict.fromkeys(tags)),
                },
                split=split,
                extra={"source": _address(video, start)},
                origin=found[0].origin,
            )

    def _names(self) -> dict[str, str]:
        lines = listed(self.files, "class_labels_indices.csv", ("mid", "display_name"))
        return {line.text("mid"): line.text("display_name") for line in lines}

    def _strong_names(self) -> dict[str, str]:
        """The names of the strong lists' classes, some of which are not among the 527."""
        name = "mid_to_display_name.tsv"
        rows = delimited_rows(join(self.root, name), "\t", quotes=False, opened=partial(self.files.open, name))
        return {fields[0]: fields[1] for _, fields in rows if len(fields) == 2}


def _named(names: dict[str, str], mid: str, table: str, line: int) -> str:
    if mid not in names:
        raise CorpusError(f"{mid!r} is the mid of no class", table, line)
    return names[mid]


def _event(line: Line, name: str) -> str:
    return event(line.seconds("start_time_seconds"), line.seconds("end_time_seconds"), name)


def _address(video: str, start: float) -> str:
    return f"https://www.youtube.com/watch?v={video}&t={start:.0f}s"
