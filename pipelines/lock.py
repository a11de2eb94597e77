"""One build at a time: a kernel lock on the store, gone with the process that held it.

On s3:// there is none: see pipelines.lease for what is said there, and pipelines.commit for what decides.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from manifests.address import scheme_of
from manifests.storage import make_folder, open_storage, room
from pipelines.errors import LockedError
from pipelines.lease import leased

ASKED_TIMES, PAUSE_SECONDS = 20, 0.05


@contextmanager
def locked(store: str | Path, alone: bool = False) -> Iterator[None]:
    """Holds the store's lock; LockedError, saying who holds it, when somebody else does.

    On s3:// it only says that the store is being built; `alone` is for what must not run beside a build, and raises
    LockedError while somebody else says so.
    """
    with leased(open_storage(store), alone) if scheme_of(store) else _kernel_lock(Path(store)):
        yield


@contextmanager
def _kernel_lock(store: Path) -> Iterator[None]:
    """Holds the lock of a folder.

    The file stays when the lock is released: a file that comes and goes could be locked twice. Its descriptor
    is not inherited, so that no builder keeps a store locked after its driver died.
    """
    with room(store):
        make_folder(store)
        handle = os.open(store / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(f"{store} is in use by {_holder(handle)}; wait for it, or stop it") from error
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        _note(handle, f"process {os.getpid()} on {socket.gethostname()} since {since}")
        try:
            yield
        finally:
            _note(handle, "")
    finally:
        os.close(handle)


def _note(handle: int, text: str) -> None:
    """Writes who holds the lock. Without room for it the lock is held all the same: gc may be about to make room."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, text.encode(), 0)


def _holder(handle: int) -> str:
    """Who holds the lock; who took it just now says so in a moment."""
    for _ in range(ASKED_TIMES):
        if text := os.pread(handle, 200, 0).decode(errors="replace").strip():
            return text
        time.sleep(PAUSE_SECONDS)
    return "another process"
