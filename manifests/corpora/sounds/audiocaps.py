"""audiocaps: some 50,000 clips of AudioSet in words: one caption for each in train, five in valid and test.

Chris Dongjoo Kim, Byeongchang Kim, Hyunmin Lee and Gunhee Kim, "AudioCaps: Generating Captions for Audios in The Wild",
NAACL 2019, https://audiocaps.github.io. Lists train.csv, val.csv and test.csv, at the root or in dataset/: audiocap_id,
youtube_id, start_time (a second), caption; a line for each caption. Version 2 has more clips, in dataset2.0/.

Licence: the captions are MIT; no audio is given out, and what one cuts from videos is their owners'.

Traps: the audio's layout is one's own: see `audio`. Many videos are gone: see `missing`. The lines of a clip need not
stand together, so keys of `captions: each` are the ids of the captions.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from manifests.corpora.about import About
from manifests.corpora.lists import Line, listed
from manifests.corpora.sounds.captions import Captioned
from manifests.corpora.sounds.video_clips import VideoClips
from manifests.errors import CorpusError
from manifests.recording import Recording, Span

_SPLITS = {"train": "train", "val": "valid", "test": "test"}
_COLUMNS = ("audiocap_id", "youtube_id", "start_time", "caption")


class AudioCaps(VideoClips, Captioned):
    """The text is a caption."""

    name: ClassVar[str] = "audiocaps"
    about = About(
        title="AudioCaps",
        what="some 50,000 10-second clips of videos with captions; lists without audio",
        tasks=("audio captioning", "retrieval"),
        licence="own",
        attribution="C. D. Kim, B. Kim, H. Lee and G. Kim, AudioCaps: Generating Captions for Audios in The Wild, 2019",
        url="https://audiocaps.github.io",
    )

    lists: str | None = Field(
        default=None, description="Folder, relative to root, of the lists: dataset2.0; by default root, or dataset."
    )

    def read(self) -> Iterator[Recording]:
        yield from self.present(self._all())

    def _all(self) -> Iterator[Recording]:
        lists = {name: self._list(name) for name in _SPLITS}
        if not any(lists.values()):
            raise CorpusError("has none of train.csv, val.csv and test.csv; say where they lie, lists: ..", self.root)
        for name, table in lists.items():
            if table:
                lines = listed(self.files, table, _COLUMNS)
                yield from self._together(name, lines) if self.captions == "first" else self._apart(name, lines)

    def _list(self, name: str) -> str | None:
        folders = ("", "dataset") if self.lists is None else (self.lists,)
        paths = [posixpath.join(folder, f"{name}.csv") for folder in folders]
        return next((path for path in paths if self.files.has(path)), None)

    def _apart(self, name: str, lines: Iterator[Line]) -> Iterator[Recording]:
        for line in lines:
            yield self._clip(name, line)._replace(key=line.text("audiocap_id"), text=line.text("caption"))

    def _together(self, name: str, lines: Iterator[Line]) -> Iterator[Recording]:
        """A recording for each clip; a list is some 50,000 lines, which may be held."""
        clips: dict[str, tuple[Recording, list[str]]] = {}
        for line in lines:
            clip = self._clip(name, line)
            clips.setdefault(clip.key, (clip, []))[1].append(line.text("caption"))
        for clip, captions in clips.values():
            yield from self.captioned(clip, captions)

    def _clip(self, name: str, line: Line) -> Recording:
        video, start = line.text("youtube_id"), line.whole("start_time")
        return Recording(
            key=f"{video}_{start}",
            span=Span(self.clip_path(name, video, start)),
            split=_SPLITS[name],
            extra={"source": f"https://www.youtube.com/watch?v={video}&t={start}s"},
            origin=line.origin,
        )
