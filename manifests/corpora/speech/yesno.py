"""yesno: sixty recordings of one man who says yes or no eight times, in Hebrew; the smallest corpus with texts.

Made for Kaldi's first example, https://www.openslr.org/1. 8 kHz mono WAV; a file's name is what is said, 0 for no and
1 for yes: 0_1_0_1_1_1_0_0.wav. Texts are NO and YES, as Kaldi's are; `words` says others, [lo, ken]. There is no
official split: Kaldi's takes the first half of the names for one. Trap: sixty recordings by one voice show that a
program runs, no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span

_NAME = re.compile(r"(?:.*/)?(?P<key>[01](?:_[01]){7})\.\w+")


class YesNo(Reader):
    """Labels: `language` and `gender`."""

    name: ClassVar[str] = "yesno"
    about = About(
        title="YesNo",
        what="Yes and no in Hebrew by one man, sixty recordings of eight words",
        tasks=("recognition",),
        licence="own",
        attribution="YesNo, https://www.openslr.org/1",
        url="https://www.openslr.org/1",
        size="4.7 MB",
    )

    words: tuple[str, str] = Field(default=("NO", "YES"), description="How 0 and 1 are written in the text.")

    def read(self) -> Iterator[Recording]:
        for path in audio_files(self.files):
            found = _NAME.fullmatch(path)
            if found is None:
                raise CorpusError("is not called by eight of 0 and 1, 0_1_0_1_1_1_0_0.wav", join(self.root, path))
            yield Recording(
                key=found["key"],
                span=Span(path),
                text=" ".join(self.words[int(word)] for word in found["key"].split("_")),
                labels={"language": "he", "gender": "male"},
            )
