"""A build that runs out of disk says so, and goes on once there is room. `tests.chaos.full_disk` does it often."""

from __future__ import annotations

import subprocess
import sys

from tests.chaos.full_disk import may_mount


def test_a_full_disk_is_told_and_loses_nothing() -> None:
    points = 2 if may_mount() else 0
    command = [sys.executable, "-m", "tests.chaos.full_disk", "--points", str(points), "--places", "generations.linked"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{points} sizes of a tmpfs, 1 failpoints" in done.stdout
    after = "a generation is seen from the moment that it has its name; the largest tmpfs lacks room for README.md"
    assert f"{2 if points else 1} times the new one, whole" in done.stdout, after
