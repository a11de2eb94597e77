"""gtzan: ten genres of music, 1,000 clips of 30 seconds, 22,050 Hz mono.

George Tzanetakis and Perry Cook, "Musical genre classification of audio signals", IEEE Transactions on Speech and Audio
Processing 10 (5), 2002. {genre}/{genre}.{number}.wav, or .au as it was first given out, in genres/, in
genres_original/ or at the root.

Licence: none was ever stated, and the music is other people's; what one may do with it, one has to find out oneself.

Traps: Bob L. Sturm ("The GTZAN dataset: its contents, its faults, their effects on evaluation", arXiv:1306.1461) found
repetitions, wrong labels and artists on both sides of random splits. The split that most now report, of 443, 197 and
290 clips without these faults, is by Corey Kereliuk and others; put train_filtered.txt, valid_filtered.txt and
test_filtered.txt of https://github.com/coreyker/dnn-mgr/tree/master/gtzan below the root and name their folder in
`filtered`. jazz.00054 cannot be read in a copy that is widely passed on: decode rejects it, and the ledger lists it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from manifests.address import join
from manifests.corpora.about import About
from manifests.corpora.folder import audio_files
from manifests.corpora.lists import plain_lines
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span

_FOLDERS = ("genres", "genres_original", "Data/genres_original", "")
_NAME = re.compile(r"([a-z]+)/\1\.\d{5}\.(?:wav|au)")


class Gtzan(Reader):
    """Label: `genre`. Without `filtered` there is no split."""

    name: ClassVar[str] = "gtzan"
    about = About(
        title="GTZAN",
        what="ten genres of music, 1,000 clips of 30 seconds",
        tasks=("music classification",),
        licence="own",
        attribution="G. Tzanetakis and P. Cook, Musical genre classification of audio signals, 2002",
        url="http://marsyas.info/downloads/datasets.html",
        hours=8.3,
        size="1.2 GB",
    )

    filtered: str | None = Field(
        default=None,
        description="Folder, relative to root, of train_filtered.txt, valid_filtered.txt and test_filtered.txt: the "
        "split without faults, which leaves 70 clips out.",
    )

    def read(self) -> Iterator[Recording]:
        folder = next((name for name in _FOLDERS if self.files.is_there(posixpath.join(name, "blues"))), None)
        if folder is None:
            raise CorpusError("has no folder blues, nor genres/blues, nor genres_original/blues", self.root)
        split = None if self.filtered is None else self._split(self.filtered)
        for name in audio_files(self.files, ("wav", "au"), folder):
            found, path = _NAME.fullmatch(name), posixpath.join(folder, name)
            if found is None:
                raise CorpusError("is not called {genre}/{genre}.{number}.wav, or .au", join(self.root, path))
            clip = posixpath.splitext(name.rpartition("/")[2])[0]
            said, origin = (None, "") if split is None else split.pop(clip, ("", ""))
            if said != "":
                yield Recording(clip, Span(path), labels={"genre": found[1]}, split=said, origin=origin)
        for clip, (_, origin) in (split or {}).items():
            raise CorpusError(f"names {clip}, which is not there", origin)

    def _split(self, folder: str) -> dict[str, tuple[str, str]]:
        """The split of each of the 930 clips, and where it is said."""
        found: dict[str, tuple[str, str]] = {}
        for split in ("train", "valid", "test"):
            name = posixpath.join(folder, f"{split}_filtered.txt")
            for line, text in plain_lines(self.files, name):
                clip = posixpath.splitext(posixpath.basename(text))[0]
                if clip in found:
                    raise CorpusError(f"{clip} is in {found[clip][0]} already", join(self.root, name), line)
                found[clip] = split, f"{join(self.root, name)}:{line}"
        return found
