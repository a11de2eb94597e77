"""One training at a time in the folder of a run: a kernel lock that is gone with the process that held it."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import TrainingError


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """Holds the folder; TrainingError, saying who does, when it is held.

    A record lock (POSIX), unlike that of a store: the processes that read batches are forked, and must not hold the
    folder for the seconds that they live on after a kill.
    """
    handle = os.open(run / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            holder = os.pread(handle, 200, 0).decode(errors="replace") or "another process"
            raise TrainingError(f"{run}: {holder} trains here; wait for it, or stop it") from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield
    finally:
        os.close(handle)
