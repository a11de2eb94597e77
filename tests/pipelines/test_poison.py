"""Recordings that bring builders down, and recordings that are damaged: small versions of what tests/chaos does."""

from __future__ import annotations

from pathlib import Path

from tests.chaos import mutants, poison


def test_poison_is_named_and_everything_else_is_made_once(tmp_path: Path) -> None:
    counts = {"segfault": 1, "memory": 1, "hang": 1}
    found = poison.strike(tmp_path, 30, counts, ("inline", "local"), seconds=4)
    assert [(made.built, made.named, made.restarts) for made in found.values()] == [(27, 3, 3)] * 2


def test_every_mutant_has_a_fate_and_memory_stays_below_its_limit(tmp_path: Path) -> None:
    mutants.corpus(tmp_path / "corpus", 33, hours=3, seed=1)
    limited = mutants.strike(tmp_path, "", mebibytes=512)
    assert not limited.quarantined
    assert limited.peak_bytes < 300 << 20, "something took memory for what a header says"
    unlimited = mutants.strike(tmp_path, mutants.NO_LIMITS, mebibytes=512)
    reason = "quarantined: it took more than 0.5 GiB (limits.memory)"
    assert unlimited.quarantined == {f"mutants/{name}": reason for name in (mutants.SILENCE, mutants.OPEN)}
    for kind in mutants.CONTAINERS:
        assert limited.fates[kind] == unlimited.fates[kind]
        assert limited.fates[kind]["rejected"]
    assert limited.fates["wav"]["produced"]
