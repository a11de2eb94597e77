"""Captioned: a corpus whose clips are each described by several people, in a sentence or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from manifests.corpora.reader import Reader
from manifests.recording import Recording


class Captioned(Reader):
    """A model is trained on pairs of a clip and one caption, and scored against all captions of a clip."""

    captions: Literal["each", "first"] = Field(
        default="each",
        description="each: a recording for each caption, with #1, #2, .. behind the key, which training needs; first: "
        "one for each clip, whose `extra.captions` has all, which scoring needs.",
    )

    def captioned(self, clip: Recording, captions: Sequence[str]) -> Iterator[Recording]:
        """The recordings of a clip, one behind the other, so that they share what is known of its file."""
        if self.captions == "first":
            yield clip._replace(text=captions[0], extra={**clip.extra, "captions": list(captions)})
            return
        for number, caption in enumerate(captions, 1):
            yield clip._replace(key=f"{clip.key}#{number}", text=caption)
