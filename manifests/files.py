"""Files: where corpora lie, listed and read below one root. A folder, or s3://bucket/prefix.

What a listing says of a file, its size and its modification time or ETag, is how a plan knows whether the file
changed: in an object store that takes no request for each of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from manifests.address import scheme_of
from manifests.errors import CorpusError
from manifests.requests import Requests


class Identity(NamedTuple):
    """A file's bytes, and its modification time in nanoseconds or its ETag, as text."""

    size: int
    version: str


class Files(Protocol):
    """The files below a root. Every path is relative to it, with / between its parts."""

    root: str
    requests: Requests

    def is_there(self, folder: str = "") -> bool:
        """Whether a folder, by default the root, is there; in an object store, whether anything lies below it."""

    def has(self, path: str) -> bool:
        """Whether there is a file of that path."""

    def paths(self, folder: str = "") -> Iterator[str]:
        """The files below a folder, sorted, relative to the folder; what begins with a dot is passed over.

        CorpusError for what cannot be listed.
        """

    def identity(self, path: str) -> Identity:
        """What a listing says of a file; OSError when it is not there."""

    def read(self, path: str, offset: int | None = None, size: int | None = None) -> bytes:
        """A file, or up to `size` bytes of it from `offset` on; OSError when it cannot be read."""

    def open(self, path: str) -> IO[bytes]:
        """A file, open for reading from its start to its end; OSError when it cannot be read."""


def open_files(root: str, requests: Requests | None = None) -> Files:
    """The files below a root; CorpusError for a scheme that no corpus can be read from."""
    scheme = scheme_of(root)
    if not scheme:
        return LocalFiles(root)
    if scheme != "s3":
        raise CorpusError(f"corpora lie in folders or on s3://, not on {scheme}://", root)
    from manifests.object_files import ObjectFiles

    return ObjectFiles(root, requests)


Folder = tuple[int, int]
"""A folder's device and inode."""


class LocalFiles:
    """The files below a folder; links are followed, but never back into a folder that holds them."""

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        self.requests = Requests()

    def is_there(self, folder: str = "") -> bool:
        return os.path.isdir(self._path(folder))

    def has(self, path: str) -> bool:
        return os.path.isfile(self._path(path))

    def paths(self, folder: str = "") -> Iterator[str]:
        """The names of one folder are held at a time."""
        root = self._path(folder)
        waiting: list[tuple[str, frozenset[Folder]]] = [("", frozenset())]
        while waiting:
            name, above = waiting.pop()
            if name and not name.endswith("/"):
                yield name
                continue
            here, entries = _list(root, name)
            if here not in above:
                below = above | {here}
                waiting += [(name + entry, below) for entry in reversed(entries)]

    def identity(self, path: str) -> Identity:
        found = os.stat(self._path(path))
        return Identity(found.st_size, str(found.st_mtime_ns))

    def read(self, path: str, offset: int | None = None, size: int | None = None) -> bytes:
        with open(self._path(path), "rb") as source:
            source.seek(offset or 0)
            return source.read(-1 if size is None else size)

    def open(self, path: str) -> IO[bytes]:
        return open(self._path(path), "rb")

    def _path(self, path: str) -> str:
        return os.path.join(self.root, path) if path else self.root


def _list(root: str, folder: str) -> tuple[Folder, list[str]]:
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
