"""Storage: where stores live. Names below one root; what is written is there whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import xxhash

from manifests.errors import ExistsError, StoreError


class LocalStorage:
    """A folder of the local file system. Every name is relative to `root`, with / between its parts."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def path(self, name: str) -> Path:
        """The file of that name; StoreError for a name that leads out of the root."""
        if name.startswith("/") or ".." in name.split("/"):
            raise StoreError(f"{name!r} is no name inside a store")
        return self.root / name

    def exists(self, name: str) -> bool:
        return self.path(name).exists()

    def read(self, name: str) -> bytes:
        """The whole content; StoreError when there is none."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError as error:
            raise StoreError(f"{self.root}: {name} is missing") from error

    def names(self, folder: str) -> Iterator[str]:
        """The names of the files in a folder, sorted; none when the folder is not there."""
        place = self.path(folder)
        if place.is_dir():
            yield from sorted(f"{folder}/{entry.name}" for entry in os.scandir(place) if entry.is_file())

    def put_if_absent(self, name: str, content: bytes) -> None:
        """Writes a file that must not be there yet; see NewFile for what a crash leaves (nothing half)."""
        with self.new_file(name) as sink:
            sink.write(content)
            sink.commit(name)

    def replace(self, name: str, content: bytes) -> None:
        """Writes a file that may be there: for what is only a view (README.md), never for data."""
        with self.new_file(name) as sink:
            sink.write(content)
            sink.commit(name, replace=True)

    def new_file(self, beside: str) -> NewFile:
        """A file that gets its name when it is complete; it is written in the folder of `beside`."""
        return NewFile(self.path(beside).parent, self)


class NewFile:
    """A file on its way: temporary file, fsync, link to the final name, fsync of the folder.

    A crash at any moment leaves either the whole file under its name, or nothing under it. `digest` is
    the xxh3-128 of what was written so far, `size` its bytes.
    """

    def __init__(self, folder: Path, storage: LocalStorage) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _fsync_folder(folder.parent)
        self._storage = storage
        handle, self._temporary = tempfile.mkstemp(dir=folder, prefix=".tmp-")
        self._sink = os.fdopen(handle, "wb")
        self._hash = xxhash.xxh3_128()
        self.size = 0

    def __enter__(self) -> NewFile:
        return self

    def __exit__(self, *problem: object) -> None:
        self._sink.close()
        Path(self._temporary).unlink(missing_ok=True)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def write(self, content: bytes | memoryview) -> int:
        self._hash.update(content)
        self.size += len(content)
        return self._sink.write(content)

    def commit(self, name: str, replace: bool = False) -> None:
        """Gives the file its name. A file there with the same content is as good; ExistsError for another."""
        final = self._storage.path(name)
        self._sink.flush()
        os.fchmod(self._sink.fileno(), 0o644)
        os.fsync(self._sink.fileno())
        if replace:
            os.replace(self._temporary, final)
        else:
            try:
                os.link(self._temporary, final)
            except FileExistsError as error:
                if file_digest(final) != self.digest:
                    raise ExistsError(f"{final} is there already, with other content") from error
        _fsync_folder(final.parent)


def file_digest(path: Path) -> str:
    """The xxh3-128 of a file, read in blocks."""
    state = xxhash.xxh3_128()
    with open(path, "rb") as source:
        while block := source.read(1 << 20):
            state.update(block)
    return state.hexdigest()


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
