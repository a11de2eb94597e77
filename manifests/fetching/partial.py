"""Partial: a file on its way, and a note beside it of where it comes from, by which it is gone on with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from manifests.fetching import disk
from manifests.storage import room


class Came(NamedTuple):
    """Where the bytes so far came from, the version that the server named, and the bytes that there are in all."""

    url: str
    validator: str | None
    total: int | None


class Partial:
    """The file NAME.part, and its note NAME.part.json; NAME itself once it is whole and checked."""

    def __init__(self, folder: Path, name: str) -> None:
        self.final, self.path, self._note = folder / name, folder / f"{name}.part", folder / f"{name}.part.json"

    @property
    def size(self) -> int:
        """The bytes that are there."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def came(self) -> Came | None:
        """What the note says; None where there is none, or one that a crash left half written."""
        try:
            found = json.loads(self._note.read_bytes())
            return Came(found["url"], found["validator"], found["total"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @contextmanager
    def writing(self, start: int, came: Came) -> Iterator[Any]:
        """A function that appends blocks behind the first `start` bytes, and returns the size."""
        with room(self.path.parent):
            self._note.write_text(json.dumps(came._asdict()), encoding="utf-8")
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        size = start

        def append(block: bytes) -> int:
            nonlocal size
            disk.write(handle, block, self.path.parent)
            size += len(block)
            return size

        try:
            os.ftruncate(handle, start)
            os.lseek(handle, start, os.SEEK_SET)
            yield append
        finally:
            os.close(handle)

    def clear(self) -> None:
        """Forgets what came so far."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> Path:
        """Gives the file its name."""
        with room(self.path.parent):
            handle = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            os.replace(self.path, self.final)
        self._note.unlink(missing_ok=True)
        return self.final
