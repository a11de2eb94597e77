"""Builds of one store that start at once: one does the work. `python -m tests.chaos.starts` does it 50 times."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.full_disk import grow
from tests.chaos.starts import BUILT, rounds


def test_one_of_the_builds_that_start_at_once_does_the_work(tmp_path: Path) -> None:
    ends = rounds(grow(tmp_path / "made"), tmp_path, 1, processes=3)
    assert (ends[BUILT], ends.total()) == (1, 3)
