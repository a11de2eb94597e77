"""One build at a time; the loser hears who holds the store."""

from __future__ import annotations

import os
import subprocess
import sys
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
