"""Recordings that bring builders down, and recordings that are none: the small version of what tests/chaos does."""

from __future__ import annotations

from pathlib import Path

from tests.chaos import poison


def test_poison_is_named_and_everything_else_is_made_once(tmp_path: Path) -> None:
    counts = {"segfault": 2, "memory": 1, "hang": 1}
    found = poison.strike(tmp_path, 30, counts, ("inline", "local"), seconds=5)
    assert [(made.built, made.named, made.restarts) for made in found.values()] == [(26, 4, 4)] * 2
