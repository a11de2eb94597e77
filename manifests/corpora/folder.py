"""folder: every audio file below a folder; the folder that holds a file may be its label.

Suits noise collections, and corpora sorted into one folder per class. Hidden files and folders are
passed over, links are followed once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from manifests.corpora.reader import Reader
from manifests.errors import CorpusError
from manifests.recording import Recording, Span

# fmt: off
AUDIO = (
    "aac", "ac3", "aif", "aifc", "aiff", "amr", "au", "caf", "flac", "m4a", "m4b", "mka", "mp2", "mp3", "oga", "ogg",
    "opus", "rf64", "snd", "sph", "spx", "tta", "w64", "wav", "wave", "weba", "webm", "wma", "wv",
)
# fmt: on

Identity = tuple[int, int]

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
        for path in audio_files(self.root, self.extensions):
            folder, _, _ = path.rpartition("/")
            if self.label == "parent" and not folder:
                raise CorpusError("lies in no folder that could name its label", os.path.join(self.root, path))
            labels = {"label": folder.rpartition("/")[2]} if self.label == "parent" else {}
            yield Recording(key=path, span=Span(path), labels=labels)


def audio_files(root: str, extensions: tuple[str, ...] = AUDIO) -> Iterator[str]:
    """The paths of audio files below a folder, relative to it, sorted; the names of one folder are held at a time.

    CorpusError when a folder cannot be listed, when a name is not UTF-8, and when there is no audio at all.
    """
    wanted, others, found = frozenset(extensions), Counter[str](), False
    waiting: list[tuple[str, frozenset[Identity]]] = [("", frozenset())]
    while waiting:
        name, above = waiting.pop()
        extension = os.path.splitext(name)[1][1:].lower()
        if not name or name.endswith("/"):
            here, entries = _list(root, name)
            if here not in above:  # a link may lead back to a folder that holds it
                below = above | {here}
                waiting += [(name + entry, below) for entry in reversed(entries)]
        elif extension in wanted:
            found = True
            yield name
        elif extension and len(others) < _MAX_OTHERS:
            others[extension] += 1
    if not found:
        most = "".join(f"; there are {count} .{name} files" for name, count in others.most_common(1))
        raise CorpusError(f"holds no file that ends in {', '.join(extensions)}{most}", root)


def _list(root: str, folder: str) -> tuple[Identity, list[str]]:
    """A folder's identity and its names, sorted, folders with a slash at the end; a dead link counts as a file."""
    path = os.path.join(root, folder)
    try:
        status = os.stat(path)
        with os.scandir(path) as entries:
            names = [entry.name + "/" * entry.is_dir() for entry in entries if _is_wanted(entry)]
    except OSError as error:
        raise CorpusError(f"cannot be listed: {error.strerror}", path) from error
    for name in names:
        if not _is_utf8(name):
            raise CorpusError(f"the name {name!r} is not UTF-8; rename it", path)
    return (status.st_dev, status.st_ino), sorted(names)


def _is_wanted(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and (entry.is_dir() or entry.is_file() or entry.is_symlink())


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
