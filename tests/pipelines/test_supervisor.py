"""One poisonous recording is named and left out; everything else is built exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest

from manifests.store import Store
from pipelines.build import build
from pipelines.errors import BuildError
from tests.factories import write_lines
from tests.pipelines.corpora import Tones, fates

PLUGIN = """\
import ctypes, os, time
from features.stage import Transform

class Poison(Transform):
    name = "poison"

    def transform(self, value, draws):
        seconds = round(value.seconds, 3)
        if seconds == 0.301:
            ctypes.string_at(0)
        if seconds == 0.302:
            bytearray(1 << 40)
        if seconds == 0.303:
            time.sleep(3600)
        if seconds == 0.304:
            raise KeyError("a bug")
        return value
"""
SEGFAULT, MEMORY, HANG, BUG = 0.301, 0.302, 0.303, 0.304


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    write_lines(tmp_path / "poison.py", PLUGIN)
    tail = "plugins: [poison.py]\nlimits: {seconds: 2}\n"
    return Tones(tmp_path, 12, more="  - poison: {}\n", tail=tail)


@pytest.mark.parametrize("cluster", ["inline", "local"])
def test_poison_is_quarantined_with_stage_and_reason(tones: Tones, cluster: str) -> None:
    for number, seconds in ((50, SEGFAULT), (51, MEMORY), (52, HANG)):
        tones.add(number, seconds)
    made = build(tones.recipe(), cluster, workers=2)
    assert (made.recordings, made.produced, made.rejected) == (15, 12, 3)
    found = fates(tones.store)
    reasons = {key: reason for key, (fate, stage, reason) in found.items() if (fate, stage) == ("rejected", "poison")}
    assert "SIGSEGV" in str(reasons["tones/high/0050.wav"])
    assert "memory" in str(reasons["tones/low/0051.wav"])
    assert "more than 2 s" in str(reasons["tones/high/0052.wav"])
    assert set(Store.open(tones.store).generation.quarantine()) == set(reasons)


def test_a_quarantined_recording_is_not_touched_again(tones: Tones) -> None:
    tones.add(50, SEGFAULT)
    build(tones.recipe(), "inline")
    assert build(tones.recipe(), "inline").shards_built == 0
    tones.add(60)
    grown = build(tones.recipe(), "inline")
    assert (grown.rejected, grown.decoded) == (1, 1)


def test_a_bug_in_a_stage_fails_the_build_with_key_and_stage(tones: Tones) -> None:
    tones.add(53, BUG)
    with pytest.raises(BuildError, match=r"tones/low/0053.wav: stage poison failed with KeyError: 'a bug'"):
        build(tones.recipe(), "inline")
    assert not (tones.store / "generations").exists()
