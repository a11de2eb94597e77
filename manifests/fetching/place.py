"""Place: the folder that a corpus comes to, and a hidden one beside it for what is on its way.

The hidden folder holds downloads and what is being unpacked; when all is done, `notes.json` is left in it, which says
what was fetched from where, and with which digests.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from manifests.address import scheme_of
from manifests.errors import BusyError, FetchError
from manifests.storage import make_folder, room


class Place:
    """Where a corpus comes to. FetchError for what is no folder, or cannot be one."""

    def __init__(self, folder: str | Path) -> None:
        if scheme_of(folder):
            raise FetchError(f"{folder}: a corpus is fetched to a folder; copy it from there")
        self.target = Path(os.path.abspath(folder))
        if self.target.exists() and not self.target.is_dir():
            raise FetchError(f"{self.target} is no folder")
        if self.target.is_dir() and os.path.ismount(self.target):
            self.work = self.target / ".fetch"
        else:
            self.work = self.target.parent / f".{self.target.name}.fetch"
        self._notes = self.work / "notes.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A context in which no other process fetches to here; BusyError."""
        try:
            with room(self.work):
                make_folder(self.work)
                handle = os.open(self.work / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except PermissionError as error:
            raise FetchError(f"{self.work}: {error.strerror}; choose another folder with --to") from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(f"{self.target}: another process is fetching to there") from error
            yield
        finally:
            os.close(handle)

    def notes(self) -> dict[str, Any]:
        """`parts` by name, each with when and whence it came, and `digests` of files by name."""
        try:
            found = json.loads(self._notes.read_bytes())
        except FileNotFoundError:
            return {"parts": {}, "digests": {}}
        except ValueError as error:
            raise FetchError(f"{self._notes} is damaged: {error}; remove it") from error
        return {"parts": dict(found.get("parts", {})), "digests": dict(found.get("digests", {}))}

    def note(self, kind: str, name: str, value: Any) -> None:
        """Keeps a note; the file is replaced in one step."""
        notes = self.notes()
        notes[kind][name] = value
        new = self._notes.with_suffix(".new")
        with room(self.work):
            new.write_text(json.dumps(notes, indent=1, sort_keys=True), encoding="utf-8")
            os.replace(new, self._notes)

    def parts(self) -> list[str]:
        """The parts that are here: noted, and with all that they brought at the top still there."""
        return [name for name, note in self.notes()["parts"].items() if self._is_here(note)]

    def _is_here(self, note: dict[str, Any]) -> bool:
        return self.target.is_dir() and all(os.path.lexists(self.target / name) for name in note["names"])

    def waiting_bytes(self, name: str) -> int:
        """The bytes of a download that are here already."""
        for path in (self.work / name, self.work / f"{name}.part"):
            if path.is_file():
                return path.stat().st_size
        return 0
