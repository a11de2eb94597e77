"""Storage: where stores live. Names below one root; what is written is there whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
        """Writes a file that must not be there yet: temporary file, fsync, link, fsync of the folder.

        A file that is there with the same content is as good as written; ExistsError for another content.
        A crash at any moment leaves either the whole file under its name, or nothing under it.
        """
        final = self.path(name)
        if final.exists():
            self._same(final, content)
            return
        temporary = self._write(final, content)
        try:
            os.link(temporary, final)
        except FileExistsError:
            self._same(final, content)
        finally:
            os.unlink(temporary)
        _fsync_folder(final.parent)

    def replace(self, name: str, content: bytes) -> None:
        """Writes a file that may be there: for what is only a view (README.md), never for data."""
        final = self.path(name)
        os.replace(self._write(final, content), final)
        _fsync_folder(final.parent)

    def _write(self, final: Path, content: bytes) -> str:
        if not final.parent.is_dir():
            final.parent.mkdir(parents=True, exist_ok=True)
            _fsync_folder(final.parent.parent)
        handle, temporary = tempfile.mkstemp(dir=final.parent, prefix=".tmp-")
        try:
            with os.fdopen(handle, "wb") as sink:
                sink.write(content)
                sink.flush()
                os.fsync(sink.fileno())
            os.chmod(temporary, 0o644)
        except BaseException:
            os.unlink(temporary)
            raise
        return temporary

    def _same(self, final: Path, content: bytes) -> None:
        if final.stat().st_size != len(content) or final.read_bytes() != content:
            raise ExistsError(f"{final} is there already, with other content")


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
