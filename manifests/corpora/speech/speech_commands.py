"""speech_commands: Speech Commands, single English words of a second by thousands of volunteers, for spotting keywords.

Pete Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", 2018,
https://arxiv.org/abs/1804.03209, CC BY 4.0. Version 0.02 has 105,829 clips of 35 words, 0.01 has 64,727 of 30; both
are read alike. 16 kHz mono WAV, <word>/<speaker>_nohash_<number>.wav; validation_list.txt and testing_list.txt name
the clips of valid and test, and all others are train.

Traps: `_background_noise_` is no word but minutes of noise, which are no recordings here: read that folder with the
reader `folder`, and draw from it with add_noise. A speaker is a hash that stands in the folders of many words, so a
random split over files would hear every voice in training; the official one keeps voices apart. Clips may be shorter
than a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.lists import lines
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span
from manifests.splits import TEST, TRAIN, VALID

LISTS = {"validation_list.txt": VALID, "testing_list.txt": TEST}
NOISE = "_background_noise_"

_NAME = re.compile(r"(?P<word>[^/]+)/(?P<speaker>[0-9a-f]+)_nohash_(?P<index>\d+)\.\w+")


class SpeechCommands(Reader):
    """Labels: `word` and `language`."""

    name: ClassVar[str] = "speech_commands"
    about = About(
        title="Speech Commands",
        what="35 English words, each said by many volunteers, 105,829 clips of a second",
        tasks=("keywords", "speakers"),
        licence="cc-by-4.0",
        attribution="Pete Warden, Google, Speech Commands",
        url="https://arxiv.org/abs/1804.03209",
        size="2.4 GB",
    )

    words: tuple[str, ...] | None = Field(
        default=None, description="The words that are read, [yes, no, up]; null: all that are there."
    )

    def read(self) -> Iterator[Recording]:
        listed = self._listed()
        for path in audio_files(self.files):
            if path.startswith(f"{NOISE}/") or not self._wanted(path):
                continue
            found = _NAME.fullmatch(path)
            if found is None:
                raise CorpusError("is not called <word>/<speaker>_nohash_<number>.wav", join(self.root, path))
            word, speaker, index = found.groups()
            yield Recording(
                key=path,
                span=Span(path),
                speaker=speaker,
                labels={"word": word, "language": "en"},
                split=listed.pop(path, TRAIN),
                extra={"index": index},
            )
        if listed:
            name, split = next(iter(listed.items()))
            where = next(table for table, of in LISTS.items() if of == split)
            raise CorpusError(
                f"names {name}, which is not there; where words were left out on purpose, name the others: words: [..]",
                join(self.root, where),
            )

    def _listed(self) -> dict[str, str]:
        """The split of each clip that is not train. Those are some twenty thousand: they may be held."""
        return {
            name.strip(): split
            for table, split in LISTS.items()
            for _, name in lines(self.files, table)
            if self._wanted(name)
        }

    def _wanted(self, path: str) -> bool:
        return self.words is None or path.partition("/")[0] in self.words
