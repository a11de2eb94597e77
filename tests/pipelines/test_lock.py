"""One build at a time; the loser hears who holds the store."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipelines.errors import LockedError
from pipelines.lock import locked

HOLD = "import sys; from pipelines.lock import locked\nwith locked(sys.argv[1]): print('held', flush=True); input()"


def test_the_loser_hears_who_holds_it(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LockedError, match=f"process {holder.pid} on ") as caught, locked(tmp_path):
        pass
    assert caught.value.exit_code == 11
    holder.communicate("\n")
    with locked(tmp_path):
        pass


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    with locked(tmp_path):
        assert str(os.getpid()) in (tmp_path / ".lock").read_text()


def test_a_holder_that_has_not_said_so_yet_is_waited_for(tmp_path: Path) -> None:
    """Who takes the lock writes its name a moment later; who held it before is not named."""
    with locked(tmp_path):
        pass
    handle = os.open(tmp_path / ".lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    naming = threading.Timer(0.2, os.pwrite, (handle, b"process 7 on here", 0))
    naming.start()
    with pytest.raises(LockedError, match="in use by process 7 on here;"), locked(tmp_path):
        pass
    naming.join()
    os.close(handle)


def test_a_lock_is_held_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk keeps nobody from gc, which makes room."""

    def full(handle: int, content: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    monkeypatch.setattr("pipelines.lock.ASKED_TIMES", 1)
    with locked(tmp_path), pytest.raises(LockedError, match="another process"), locked(tmp_path):
        pass
