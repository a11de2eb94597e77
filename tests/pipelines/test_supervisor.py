"""What brings a builder down goes to quarantine, with the stage it was in; a bug does not. See also test_poison."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from manifests.store import Store
from pipelines.build import build
from pipelines.commands.looking import ledger
from pipelines.errors import BuildError
from pipelines.ledger import read_ledger
from tests.factories import write_lines
from tests.pipelines.corpora import Tones, fates

PLUGIN = """\
import ctypes
import pipelines.builder
from features.stage import Transform

class Poison(Transform):
    name = "poison"

    def transform(self, value, draws):
        seconds = round(value.seconds, 3)
        if seconds == 0.301:
            ctypes.string_at(0)
        if seconds == 0.302:
            raise KeyError("a bug")
        if seconds == 0.303:
            pipelines.builder.store = lambda example, spec: ctypes.string_at(0)
        return value
"""
SEGFAULT, BUG, ENCODING = 0.301, 0.302, 0.303


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    write_lines(tmp_path / "poison.py", PLUGIN)
    return Tones(tmp_path, 12, more="  - poison: {}\n", tail="plugins: [poison.py]\n")


def test_a_death_behind_the_last_stage_is_not_blamed_on_it(tones: Tones) -> None:
    tones.add(50, ENCODING)
    build(tones.recipe(), "inline")
    fate, stage, reason = fates(tones.store)["tones/high/0050.wav"]
    assert (fate, stage, reason) == ("rejected", "encoding", "quarantined: the builder died of SIGSEGV")


def test_the_ledger_says_what_becomes_of_the_quarantine(tones: Tones) -> None:
    tones.add(50, SEGFAULT)
    made = build(tones.recipe(), "inline")
    assert read_ledger(Store.open(tones.store)).to_json()["quarantined"] == 1
    assert json.loads((tones.store / made.run).read_bytes())["builders"]["restarts"] == 1
    text = CliRunner().invoke(ledger, [str(tones.store)], catch_exceptions=False).output
    assert "tones/high/0050.wav: poison: quarantined: the builder died of SIGSEGV" in text
    assert "1 in quarantine" in text
    assert "--retry-quarantined" in text


def test_a_quarantined_recording_is_not_touched_again(tones: Tones) -> None:
    tones.add(50, SEGFAULT)
    build(tones.recipe(), "inline")
    assert build(tones.recipe(), "inline").shards_built == 0
    tones.add(60)
    grown = build(tones.recipe(), "inline")
    assert (grown.rejected, grown.decoded) == (1, 1)


def test_a_quarantined_recording_that_was_replaced_is_built(tones: Tones) -> None:
    tones.add(50, SEGFAULT)
    tones.add(52, SEGFAULT)
    build(tones.recipe(), "inline")
    tones.add(50)
    mended = build(tones.recipe(), "inline")
    assert (mended.produced, mended.rejected, mended.decoded) == (13, 1, 1)
    assert set(Store.open(tones.store).generation.quarantine()) == {"tones/high/0052.wav"}


def test_a_bug_in_a_stage_fails_the_build_with_key_and_stage(tones: Tones) -> None:
    tones.add(53, BUG)
    with pytest.raises(BuildError, match=r"tones/low/0053.wav: stage poison failed with KeyError: 'a bug'"):
        build(tones.recipe(), "inline")
    assert not (tones.store / "generations").exists()
