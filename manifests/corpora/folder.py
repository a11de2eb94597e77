"""folder: every audio file below a folder; the folder that holds a file may be its label.

Suits noise collections, and corpora sorted into one folder per class. Hidden files and folders are
passed over, links are followed once.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from manifests.address import join
from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.files import Files
from manifests.recording import Recording, Span

# fmt: off
AUDIO = (
    "aac", "ac3", "aif", "aifc", "aiff", "amr", "au", "caf", "flac", "m4a", "m4b", "mka", "mp2", "mp3", "oga", "ogg",
    "opus", "rf64", "snd", "sph", "spx", "tta", "w64", "wav", "wave", "weba", "webm", "wma", "wv",
)
# fmt: on

_MAX_OTHERS = 1000


class Folder(Reader):
    name: ClassVar[str] = "folder"

    label: Literal["parent", "none"] = Field(
        default="none", description="parent: the folder that holds a file names its label `label`."
    )
    extensions: tuple[str, ...] = Field(
        default=AUDIO, min_length=1, description="Endings of audio files, in any case, with or without their dot."
    )

    @field_validator("extensions")
    @classmethod
    def _without_dot(cls, extensions: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(extension.lower().lstrip(".") for extension in extensions)

    def read(self) -> Iterator[Recording]:
        for path in audio_files(self.files, self.extensions):
            folder, _, _ = path.rpartition("/")
            if self.label == "parent" and not folder:
                raise CorpusError("lies in no folder that could name its label", join(self.root, path))
            labels = {"label": folder.rpartition("/")[2]} if self.label == "parent" else {}
            yield Recording(key=path, span=Span(path), labels=labels)


def audio_files(files: Files, extensions: tuple[str, ...] = AUDIO, folder: str = "") -> Iterator[str]:
    """The paths of audio files below a folder, relative to it, sorted.

    CorpusError when a folder cannot be listed, when a name is not UTF-8, and when there is no audio at all.
    """
    wanted, others, found = frozenset(extensions), Counter[str](), False
    for path in files.paths(folder):
        extension = posixpath.splitext(path)[1][1:].lower()
        if extension in wanted:
            found = True
            yield path
        elif extension and len(others) < _MAX_OTHERS:
            others[extension] += 1
    if not found:
        most = "".join(f"; there are {count} .{name} files" for name, count in others.most_common(1))
        where = join(files.root, folder) if folder else files.root
        raise CorpusError(f"holds no file that ends in {', '.join(extensions)}{most}", where)
