"""OfVideos and VideoClips: corpora whose audio everyone cuts from YouTube's videos, by lists that publishers give.

A part of the clips is always missing, since videos are taken down. With `missing: error` the first clip that is not
there stops the plan, with its name and line; with `missing: skip` the clips that are not there are left out, and the
manifest has so many fewer rows than the list. The layout is one's own in most of these corpora; the parameter `audio`
of VideoClips describes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field, field_validator

from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording

_FIELD = re.compile(r"\{([^{}]*)\}")
_FIELDS = ("list", "id", "start", "start_ms")


class OfVideos(Reader):
    """A corpus of clips, some of which may be missing."""

    missing: Literal["error", "skip"] = Field(
        default="error", description="What becomes of a clip that is not there: error, or skip, which leaves it out."
    )

    def present(self, recordings: Iterable[Recording]) -> Iterator[Recording]:
        """The recordings, without those that are to be skipped; CorpusError where none is left."""
        first, empty = "", True
        for recording in recordings:
            if self.missing == "skip" and not self._is_there(recording.span.path):
                first = first or recording.span.path
                continue
            empty = False
            yield recording
        if first and empty:
            raise CorpusError(f"no clip is there; the first would be {first}", self.root)

    def _is_there(self, path: str) -> bool:
        """By the listing, which the plan needs as well: in an object store that is no request for each clip."""
        try:
            self.files.identity(path)
        except OSError:
            return False
        return True


class VideoClips(OfVideos):
    """Clips that are known by a video's id and the second that they begin at."""

    audio: str = Field(
        default="audio/{list}/{id}.wav",
        description="Where clips lie: {list} is the name of the list without its ending, {id} the video's, {start} the "
        "second that the clip begins at, {start_ms} the millisecond.",
    )

    @field_validator("audio")
    @classmethod
    def _has_known_fields(cls, audio: str) -> str:
        found = _FIELD.findall(audio)
        if unknown := [name for name in found if name not in _FIELDS]:
            raise ValueError(f"unknown field {unknown[0]!r}; there are {', '.join(_FIELDS)}")
        if "id" not in found:
            raise ValueError("needs {id}, the id of the video")
        return audio

    def clip_path(self, name: str, video: str, start: float) -> str:
        """Where the clip of a list called `name` lies."""
        values = {"list": name, "id": video, "start": f"{start:.0f}", "start_ms": f"{1000 * start:.0f}"}
        return _FIELD.sub(lambda field: values[field[1]], self.audio)
