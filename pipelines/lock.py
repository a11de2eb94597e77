"""One build at a time: a kernel lock on the store, gone with the process that held it.

On s3:// there is none: see pipelines.lease for what is said there, and pipelines.commit for what decides.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manifests.address import scheme_of
from manifests.storage import open_storage
from pipelines.errors import LockedError
from pipelines.lease import leased


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
    path = store / ".lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
            raise LockedError(f"{store} is in use by {holder}; wait for it, or stop it") from error
        os.ftruncate(handle, 0)
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()} since {since}".encode(), 0)
        yield
    finally:
        os.close(handle)
