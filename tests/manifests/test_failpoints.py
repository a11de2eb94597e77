"""Failpoints: each one is reached by a real build, and a wrong one is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from manifests import failpoints
from manifests.failpoints import PLACES, FailpointError
from tests.factories import write_lines
from tests.pipelines.corpora import Tones

WATCH = """\
import os
from features.stage import Transform
from manifests import failpoints

class Watch(Transform):
    name = "watch"

def noted(place, reach=failpoints.reach):
    with open(os.environ["REACHED"], "a") as sink:
        print(place, file=sink)
    reach(place)

failpoints.reach = noted
"""
"""A plugin, whose stage is not used, is loaded by the driver and by every builder."""


def command(recipe: Path, failpoint: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wavemill", "build", str(recipe), "--cluster", "inline"],
        env=os.environ | {failpoints.VARIABLE: failpoint} | environment,
        start_new_session=True,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_real_build_reaches_every_place(tmp_path: Path) -> None:
    write_lines(tmp_path / "watch.py", WATCH)
    recipe, reached = tmp_path / "recipe.yaml", tmp_path / "reached"
    Tones(tmp_path, 8).recipe()
    recipe.write_text(recipe.read_text("utf-8") + "plugins: [watch.py]\n", "utf-8")  # not loaded in this process
    done = command(recipe, "", REACHED=str(reached))
    assert done.returncode == 0, done.stderr
    assert set(reached.read_text().split()) >= set(PLACES)


def test_it_kills_the_whole_group_at_the_time_that_is_asked_for(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 8)
    done = command(Path(tones.recipe().path), "shards.synced:kill@2")
    assert done.returncode == -9
    assert len(list(tones.store.glob("shards/*.arrow"))) == len(list(tones.store.glob("tasks/*.json"))) == 1
    assert len(list(tones.store.glob("shards/.tmp-*"))) == 1


@pytest.mark.parametrize("wrong", ["shard.synced:kill", "shards.synced", "shards.synced:crash", "shards.synced:kill@0"])
def test_a_wrong_one_is_told(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, wrong)
    failpoints.wanted.cache_clear()
    with pytest.raises(FailpointError, match=rf"{wrong}: write PLACE:kill@N .* builder.row, shards.written"):
        failpoints.reach("tasks.named")
    monkeypatch.delenv(failpoints.VARIABLE)
    failpoints.wanted.cache_clear()


def test_a_build_with_a_wrong_one_touches_nothing(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 1)
    done = command(Path(tones.recipe().path), "shards.sunk:kill")
    assert (done.returncode, tones.store.exists()) == (2, False)
    assert done.stderr.strip().startswith("wavemill: WAVEMILL_FAILPOINT=shards.sunk:kill: write")
