"""Uploads: files that a visitor sent, in memory, by the digest of their bytes; the newest ones stay."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from explorer.errors import ExplorerError

MOST_BYTES = 200 << 20
"""Of one file."""
KEPT_BYTES = 512 << 20
"""Of all files together."""


@dataclass(frozen=True)
class Upload:
    """A file as it was sent: `name` is what the visitor calls it, shown and never used as a path."""

    name: str
    data: bytes


@dataclass
class Uploads:
    """The files, by digest."""

    most_bytes: int = KEPT_BYTES
    _files: OrderedDict[str, Upload] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, data: bytes) -> str:
        """Keeps a file; its digest. ExplorerError for an empty one, or one that is too large."""
        if not data:
            raise ExplorerError("the file is empty", "upload")
        if len(data) > MOST_BYTES:
            raise ExplorerError(f"a file may have {MOST_BYTES >> 20} MiB", "upload", 413)
        digest = hashlib.blake2b(data, digest_size=16).hexdigest()
        with self._lock:
            self._files[digest] = Upload(name[:200] or "a file", data)
            self._files.move_to_end(digest)
            while sum(len(file.data) for file in self._files.values()) > self.most_bytes:
                self._files.popitem(last=False)
        return digest

    def get(self, digest: str) -> Upload | None:
        with self._lock:
            return self._files.get(digest)
