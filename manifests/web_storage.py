"""WebStorage: a store to read from a web server that lists its folders, as many do; nothing can be built there.

So a store is published by copying it below such a server. Files come through the local cache, checked, as they do
from s3://.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

from manifests.cache import Cache
from manifests.errors import RemoteError, StoreError
from manifests.requests import Requests
from manifests.storage import Listed, NewFile, inner

try:
    import aiohttp
    from fsspec.implementations.http import HTTPFileSystem
except ImportError as error:
    raise RemoteError("addresses on http:// and https:// need the extra s3: pip install 'wavemill[s3]'") from error


class WebStorage:
    """The files below http://host/path or https://host/path."""

    def __init__(self, address: str, requests: Requests | None = None, cache: Cache | None = None) -> None:
        self._address = address.rstrip("/")
        self._cache = cache or Cache.of_environment()
        self.requests = Requests() if requests is None else requests

    @property
    def root(self) -> str:
        return self._address

    def exists(self, name: str) -> bool:
        with self._asking("head", name) as (server, address):
            return bool(server.exists(address))

    def read(self, name: str) -> bytes:
        with self._asking("get", name) as (server, address):
            content: bytes = server.cat_file(address)
        self.requests.received_bytes += len(content)
        return content

    def names(self, folder: str) -> Iterator[str]:
        return (found.name for found in self.listed(folder))

    def listed(self, folder: str) -> Iterator[Listed]:
        """A web server tells no more than names here."""
        try:
            with self._asking("list", folder) as (server, address):
                found = server.ls(f"{address}/", detail=True)
        except StoreError:
            return
        for entry in sorted(found, key=lambda entry: str(entry["name"])):
            if entry["type"] == "file":
                yield Listed(f"{folder}/{entry['name'].rpartition('/')[2]}", entry["size"] or 0, "", 0.0)

    def fetch(self, name: str, digest: str) -> Path:
        return self._cache.file(digest, f"{self.root}/{name}", lambda sink: self._download(name, sink))

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(prefix="wavemill-") as sink:
            self._download(name, sink)
            yield Path(sink.name)

    def put_if_absent(self, name: str, content: bytes) -> None:
        self._refuse()

    def replace(self, name: str, content: bytes) -> None:
        self._refuse()

    def new_file(self, beside: str) -> NewFile:
        self._refuse()

    def delete(self, name: str) -> None:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise StoreError(f"{self.root} can only be read; build in a folder or on s3://, and copy the store there")

    def _download(self, name: str, sink: IO[bytes]) -> None:
        with self._asking("get", name) as (server, address):
            server.get_file(address, sink.name)
        self.requests.received_bytes += Path(sink.name).stat().st_size

    @contextmanager
    def _asking(self, kind: str, name: str) -> Iterator[tuple[Any, str]]:
        """The connections of this process and thread, which fsspec keeps, and the address of a name."""
        address = f"{self.root}/{inner(name)}"
        self.requests.count(kind)
        try:
            yield HTTPFileSystem(use_listings_cache=False), address
        except FileNotFoundError as error:
            raise StoreError(f"{self.root}: {name} is missing") from error
        except (aiohttp.ClientError, OSError) as error:
            raise RemoteError(f"{address}: {error or type(error).__name__}") from error
