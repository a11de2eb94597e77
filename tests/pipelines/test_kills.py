"""Builds that are killed while they work lose and double nothing. `python -m tests.chaos.kills` does it 200 times."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.kills import RANDOM_MOMENT, kill, undisturbed


def test_killed_builds_are_completed_to_the_same_bytes(tmp_path: Path) -> None:
    made = kill(undisturbed(tmp_path, 60), tmp_path, kills=3, seed=1)
    assert (made.kills, made.places[RANDOM_MOMENT]) == (3, 1)
    assert made.stores > 0
