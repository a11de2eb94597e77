"""ObjectFiles: a corpus on s3://bucket/prefix."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from manifests.files import Identity
from manifests.requests import Requests
from manifests.s3 import S3


class ObjectFiles:
    """The objects below a prefix of an object store.

    Readers often name files in the order in which they lie there, and then one listing answers for all as it goes
    by. Otherwise it is held: some 300 bytes for each object.
    """

    def __init__(self, root: str, requests: Requests | None = None) -> None:
        self._objects = S3(root, requests)
        self.root, self.requests = self._objects.address, self._objects.requests
        self._last: tuple[str, Identity] | None = None
        self._all: dict[str, Identity] | None = None

    def is_there(self, folder: str = "") -> bool:
        return next(self._objects.list(folder), None) is not None

    def has(self, path: str) -> bool:
        return self._objects.exists(path)

    def paths(self, folder: str = "") -> Iterator[str]:
        start = f"{folder}/" if folder else ""
        for found in self._objects.list(folder):
            path = found.name.removeprefix(start)
            if not any(part.startswith(".") for part in path.split("/")):
                self._last = found.name, Identity(found.size, found.identity)
                yield path

    def identity(self, path: str) -> Identity:
        if self._last is not None and self._last[0] == path:
            return self._last[1]
        if self._all is None:
            self._all = {found.name: Identity(found.size, found.identity) for found in self._objects.list()}
        if path not in self._all:
            raise FileNotFoundError(2, "no such object", path)
        return self._all[path]

    def read(self, path: str, offset: int | None = None, size: int | None = None) -> bytes:
        return self._objects.get(path, offset, size)

    def open(self, path: str) -> IO[bytes]:
        """A copy on disk that has no name, since a table may be larger than memory."""
        copy = tempfile.TemporaryFile()  # noqa: SIM115, closed by the caller
        self._objects.download(path, copy)
        copy.seek(0)
        return copy
