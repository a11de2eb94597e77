"""ObjectStorage: a store on s3://. What is new is put in one request, if absent; shards are read from a local cache.

Nothing is ever half there, since an object appears when its PUT is complete. If-None-Match lets one writer of a
name succeed; who fails, or cannot know whether an attempt took effect, reads back and compares.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manifests.cache import Cache
from manifests.errors import ExistsError, StoreError
from manifests.requests import Requests
from manifests.s3 import S3
from manifests.storage import Listed, NewFile, file_digest, inner


class ObjectStorage:
    """The objects below s3://bucket/prefix."""

    def __init__(self, address: str, requests: Requests | None = None, cache: Cache | None = None) -> None:
        self._objects = S3(address, requests)
        self._cache = cache or Cache.of_environment()
        self.requests = self._objects.requests

    @property
    def root(self) -> str:
        return self._objects.address

    def exists(self, name: str) -> bool:
        return self._objects.exists(inner(name))

    def read(self, name: str) -> bytes:
        with self._named(name):
            return self._objects.get(inner(name))

    def names(self, folder: str) -> Iterator[str]:
        return (found.name for found in self.listed(folder))

    def listed(self, folder: str) -> Iterator[Listed]:
        return self._objects.list(inner(folder), below=False)

    def put_if_absent(self, name: str, content: bytes) -> None:
        if not self._objects.put(inner(name), content, len(content), if_absent=True) and self.read(name) != content:
            raise self._taken(name)

    def replace(self, name: str, content: bytes) -> None:
        self._objects.put(inner(name), content, len(content))

    def new_file(self, beside: str) -> NewFile:
        return NewFile(None, self._put)

    def delete(self, name: str) -> None:
        self._objects.delete(inner(name))

    def fetch(self, name: str, digest: str) -> Path:
        with self._named(name):
            return self._cache.file(digest, f"{self.root}/{name}", lambda sink: self._objects.download(name, sink))

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(prefix="wavemill-") as sink:
            with self._named(name):
                self._objects.download(inner(name), sink)
            yield Path(sink.name)

    def _put(self, file: NewFile, name: str, replace: bool) -> None:
        """One PUT of the whole file; where the name is taken, what is there may be as good."""
        size = os.fstat(file.sink.fileno()).st_size
        if not self._objects.put(inner(name), file.sink, size, if_absent=not replace):
            with self.local(name) as there:
                if file_digest(there) != file.digest:
                    raise self._taken(name)

    def _taken(self, name: str) -> ExistsError:
        return ExistsError(f"{self.root}/{name} is there already, with other content")

    @contextmanager
    def _named(self, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise StoreError(f"{self.root}: {name} is missing") from error
