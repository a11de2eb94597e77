"""Cache: shards of object stores as local files, named by their content and shared by all processes of a machine.

A file is checked against its digest whenever it is asked for; one that was damaged is fetched again. What was
used longest ago goes first when the cache grows beyond its limit.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from manifests.errors import DamagedError, StoreError
from manifests.storage import file_digest

LIMIT = 64 << 30
"""Bytes, unless WAVEMILL_CACHE_BYTES says otherwise."""
IN_USE_SECONDS = 60.0
"""Files that were asked for just now stay: their reader may not have opened them yet."""

Download = Callable[[IO[bytes]], None]


class Cache:
    """A folder of files, each named by the xxh3-128 of its content."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder, self.limit = folder, limit

    @classmethod
    def of_environment(cls) -> Cache:
        """The cache in the folder WAVEMILL_CACHE, by default among the user's caches."""
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        limit = os.environ.get("WAVEMILL_CACHE_BYTES", str(LIMIT))
        if not limit.isdigit():
            raise StoreError(f"WAVEMILL_CACHE_BYTES is {limit!r}; write a number of bytes")
        return cls(Path(os.environ.get("WAVEMILL_CACHE") or Path(home, "wavemill")), int(limit))

    def file(self, digest: str, name: str, download: Download) -> Path:
        """The file of that digest; `download` writes it where it is missing or damaged.

        Processes that ask for the same file at the same time wait for the first one. DamagedError, with the
        name, when what was downloaded has another digest.
        """
        final = self.folder / digest
        if _is_whole(final, digest):
            return final
        self.folder.mkdir(parents=True, exist_ok=True)
        with _alone(self.folder / f"{digest}.part") as part:
            if not _is_whole(final, digest):
                download(part)
                part.flush()
                if file_digest(Path(part.name)) != digest:
                    raise DamagedError(f"{name}: its digest is not the one that was committed")
                os.replace(part.name, final)
                self._evict(final)
        return final

    def _evict(self, newest: Path) -> None:
        """Removes what was used longest ago until the rest is within the limit."""
        found = []
        for entry in os.scandir(self.folder):
            with suppress(FileNotFoundError):  # another process evicts too
                status = entry.stat()
                found.append((status.st_mtime, status.st_size, entry.path))
        held = sum(size for _, size, _ in found)
        for used, size, path in sorted(found):
            if held <= self.limit or used > time.time() - IN_USE_SECONDS:
                return
            if path != str(newest):
                Path(path).unlink(missing_ok=True)
                held -= size


def _is_whole(path: Path, digest: str) -> bool:
    """Whether a file is there and holds what it should; then it counts as used now."""
    try:
        if file_digest(path) != digest:
            return False
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _alone(path: Path) -> Iterator[IO[bytes]]:
    """The file at `path`, open for writing, while no other process has it."""
    while True:
        with open(path, "a+b") as part:
            fcntl.flock(part, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(part.fileno()), path.stat()):
                yield part
                return
