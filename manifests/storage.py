"""Storage: where stores live. Names below one root; what is written is there whole, or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import xxhash

from manifests import failpoints
from manifests.address import scheme_of
from manifests.errors import ExistsError, FullError, StoreError
from manifests.requests import Requests

TEMPORARY = ".tmp-"
"""How the names of files begin that have none yet."""

_LARGE = 1 << 20  # bytes in one piece with which the disk begins at once


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as its folder lists it: name, bytes, identity (modification time or ETag), seconds since 1970."""

    name: str
    size: int
    identity: str
    modified: float


class Storage(Protocol):
    """What every place for stores can do. Names are relative to `root`, with / between their parts.

    Whatever is written appears under its name whole, or not at all. `requests` counts what an object store
    was asked for through this object.
    """

    requests: Requests

    @property
    def root(self) -> str | Path: ...

    def exists(self, name: str) -> bool: ...

    def read(self, name: str) -> bytes:
        """The whole content; StoreError when there is none."""

    def names(self, folder: str) -> Iterator[str]:
        """The names of the files in a folder, sorted; none when the folder is not there.

        What is half written has no name yet.
        """

    def listed(self, folder: str) -> Iterator[Listed]:
        """The same, with what the folder knows of each; temporary files are listed too."""

    def put_if_absent(self, name: str, content: bytes) -> None:
        """Writes a file that must not be there yet. One with the same content is as good; ExistsError for another."""

    def replace(self, name: str, content: bytes) -> None:
        """Writes a file that may be there: for what is only a view (README.md), never for data."""

    def new_file(self, beside: str) -> NewFile:
        """A file that gets its name when it is complete; where there are folders, it is written in that of `beside`."""

    def delete(self, name: str) -> None:
        """Removes a file; it may be gone already."""

    def fetch(self, name: str, digest: str) -> Path:
        """A local file with the content of that digest, to be mapped; from the cache, where it was fetched before.

        DamagedError where the store holds other bytes. A local store hands out its own file unread: whoever maps
        it checks what it takes.
        """

    def local(self, name: str) -> AbstractContextManager[Path]:
        """A local file with the bytes that the store holds now, whatever they are, for as long as the context.

        StoreError when there is none.
        """


def open_storage(address: str | Path, requests: Requests | None = None) -> Storage:
    """The storage at an address: a folder, s3://bucket/prefix, or http(s):// to read only.

    StoreError for any other scheme. Stores are built only where put-if-absent was tested: without it, two builds
    could both commit.
    """
    scheme = scheme_of(address)
    if not scheme:
        return LocalStorage(address)
    if scheme == "s3":
        from manifests.object_storage import ObjectStorage

        return ObjectStorage(str(address), requests)
    if scheme in ("http", "https"):
        from manifests.web_storage import WebStorage

        return WebStorage(str(address), requests)
    raise StoreError(
        f"{address}: a store is a folder, or lies on s3://, or is read over http(s)://; not on {scheme}://"
    )


class LocalStorage:
    """A folder of the local file system."""

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root)
        self.requests = Requests()

    @property
    def root(self) -> Path:
        return self._root

    def path(self, name: str) -> Path:
        """The file of that name; StoreError for a name that leads out of the root."""
        return self.root / inner(name)

    def exists(self, name: str) -> bool:
        return self.path(name).exists()

    def read(self, name: str) -> bytes:
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError as error:
            raise StoreError(f"{self.root}: {name} is missing") from error

    def names(self, folder: str) -> Iterator[str]:
        names = (entry.name for entry in self._entries(folder))
        yield from sorted(f"{folder}/{name}" for name in names if not name.startswith(TEMPORARY))

    def listed(self, folder: str) -> Iterator[Listed]:
        for entry in sorted(self._entries(folder), key=lambda entry: entry.name):
            found = entry.stat()
            yield Listed(f"{folder}/{entry.name}", found.st_size, str(found.st_mtime_ns), found.st_mtime)

    def put_if_absent(self, name: str, content: bytes) -> None:
        with self.new_file(name) as sink:
            sink.write(content)
            sink.commit(name)

    def replace(self, name: str, content: bytes) -> None:
        with self.new_file(name) as sink:
            sink.write(content)
            sink.commit(name, replace=True)

    def new_file(self, beside: str) -> NewFile:
        folder = self.path(beside).parent
        with room(folder):
            make_folder(folder)
            return NewFile(folder, self._put)

    def delete(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    def fetch(self, name: str, digest: str) -> Path:
        return self.path(name)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        if not self.exists(name):
            raise StoreError(f"{self.root}: {name} is missing")
        yield self.path(name)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        place = self.path(folder)
        return [entry for entry in os.scandir(place) if entry.is_file()] if place.is_dir() else []

    def _put(self, file: NewFile, name: str, replace: bool) -> None:
        """fsync, link to the final name, fsync of the folder: a crash leaves the whole file, or nothing."""
        final, folder = self.path(name), name.partition("/")[0]
        failpoints.reach(f"{folder}.written")
        os.fchmod(file.sink.fileno(), 0o644)
        os.fsync(file.sink.fileno())
        failpoints.reach(f"{folder}.synced")
        if replace:
            os.replace(file.path, final)
        else:
            try:
                os.link(file.path, final)
            except FileExistsError as error:
                if file_digest(final) != file.digest:
                    raise ExistsError(f"{final} is there already, with other content") from error
        failpoints.reach(f"{folder}.linked")
        _fsync_folder(final.parent)
        failpoints.reach(f"{folder}.named")


class NewFile:
    """A file on its way: a temporary file that gets its name when it is complete.

    A crash at any moment leaves either the whole file under its name, or nothing under it. `digest` is
    the xxh3-128 of what was written so far, `size` its bytes.
    """

    def __init__(self, folder: Path | None, put: Callable[[NewFile, str, bool], None]) -> None:
        """`folder` is where it is written, None for that of temporary files; `put(file, name, replace)` names it."""
        handle, self.path = tempfile.mkstemp(dir=folder, prefix=TEMPORARY)
        self.sink = os.fdopen(handle, "w+b")
        self._put = put
        self._hash = xxhash.xxh3_128()
        self.size = 0

    def __enter__(self) -> NewFile:
        return self

    def __exit__(self, *problem: object) -> None:
        Path(self.path).unlink(missing_ok=True)
        with suppress(OSError):  # what it still holds has no name, and on a full disk no place
            self.sink.close()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def write(self, content: bytes | memoryview) -> int:
        self._hash.update(content)
        self.size += len(content)
        with room(Path(self.path).parent):
            written = self.sink.write(content)
            if len(content) >= _LARGE:
                self._begin_to_disk(len(content))
            return written

    def _begin_to_disk(self, count: int) -> None:
        """Has the disk begin with the last bytes that were written, so that there is less to wait for at the end."""
        self.sink.flush()
        if hasattr(os, "posix_fadvise"):  # Linux begins to write what is not on disk yet, and keeps that in memory
            with suppress(OSError):  # it was only a hint
                os.posix_fadvise(self.sink.fileno(), self.size - count, count, os.POSIX_FADV_DONTNEED)

    def commit(self, name: str, replace: bool = False) -> None:
        """Gives the file its name. A file there with the same content is as good; ExistsError for another."""
        with room(Path(self.path).parent):
            self.sink.flush()
            self._put(self, name, replace)


def inner(name: str) -> str:
    """The name; StoreError for one that leads out of the root."""
    if name.startswith("/") or ".." in name.split("/"):
        raise StoreError(f"{name!r} is no name inside a store")
    return name


def file_digest(path: Path) -> str:
    """The xxh3-128 of a file, read in blocks."""
    state, block = xxhash.xxh3_128(), memoryview(bytearray(1 << 20))
    with open(path, "rb", buffering=0) as source:
        while size := source.readinto(block):
            state.update(block[:size])
    return state.hexdigest()


@contextmanager
def room(path: str | Path) -> Iterator[None]:
    """A context in which a full disk, or a spent quota, is a FullError that names the path."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        advice = "free some space there and run this again; what is finished is kept"
        raise FullError(f"{path}: {error.strerror}: {advice}") from error


def make_folder(folder: Path) -> None:
    """Makes a folder where there is none, and those above it; their names are on disk when this returns."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _fsync_folder(folder.parent)


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
