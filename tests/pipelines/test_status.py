"""Whether a store is fresh, and what the command says and exits with."""

from __future__ import annotations

import calendar
import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from manifests.errors import StoreError
from manifests.storage import open_storage
from pipelines.build import build
from pipelines.commands.scheduling import schedule
from pipelines.commands.scheduling import status as command
from pipelines.errors import GateError
from pipelines.runs import TIME
from pipelines.status import Status, status
from tests.factories import write_lines
from tests.pipelines.corpora import Tones

DAY = 86_400


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    return Tones(tmp_path, 8)


def fail(tones: Tones) -> None:
    (tones.root / "high" / "empty.wav").write_bytes(b"")
    tones.tail = "gates: {max_rejected: 0}\n"
    with pytest.raises(GateError):
        build(tones.recipe(), "inline")
    (tones.root / "high" / "empty.wav").unlink()


def look(tones: Tones, max_age: int | None = None, later: float = 0.0) -> Status:
    return status(open_storage(tones.store), max_age, time.time() + later)


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def age(tones: Tones, seconds: float) -> None:
    """Makes the newest note older, in its name and in what it says."""
    newest = max((tones.store / "runs").iterdir())
    note: dict[str, Any] = json.loads(newest.read_text("utf-8"))
    for name in ("started", "ended"):
        at = calendar.timegm(time.strptime(note[name], TIME)) - seconds
        note[name] = time.strftime(TIME, time.gmtime(at))
    stamp = note["started"].translate({ord(letter): None for letter in "-:Z"})
    newest.unlink()
    newest.with_name(f"{stamp}.000Z-{newest.stem[-6:]}.json").write_text(json.dumps(note), "utf-8")


def test_a_fresh_store_has_no_problems(tones: Tones) -> None:
    made = build(tones.recipe(), "inline")
    found = look(tones, DAY)
    assert found.problems == []
    assert found.generation is not None
    assert (found.generation.number, [note["name"] for note in found.runs]) == (1, [made.run])


def test_a_success_that_is_too_old_is_a_problem_and_one_without_work_is_a_success(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    assert look(tones, 26 * 3600, later=25 * 3600).problems == []
    (problem,) = look(tones, 26 * 3600, later=3 * DAY).problems
    assert problem.startswith("the newest successful build ended 3d ago (")
    assert problem.endswith("), 26h allowed")
    age(tones, 3 * DAY)
    assert look(tones, DAY).problems
    build(tones.recipe(), "inline")
    assert look(tones, DAY).problems == [], "generation 1 is old, but was checked just now"


def test_a_failed_last_run_is_a_problem_until_one_succeeds(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    age(tones, 120)
    fail(tones)
    age(tones, 60)
    (problem,) = look(tones, DAY).problems
    assert problem.startswith("the last run failed (runs/")
    assert "max_rejected" in problem
    tones.tail = ""
    build(tones.recipe(), "inline")
    assert look(tones).problems == []
    assert [note["outcome"] for note in look(tones).runs] == ["succeeded", "failed", "succeeded"]


def test_a_build_at_work_is_none_yet(tones: Tones) -> None:
    """Seen by itself, while it runs."""
    seen: list[Status] = []
    build(tones.recipe(), "inline", watch=lambda plan: lambda result: seen.append(look(tones, DAY)))
    assert [note["outcome"] for note in seen[0].runs] == ["running"]
    assert seen[0].problems == ["no build has succeeded yet"]
    assert seen[0].generation is None


def test_a_store_without_notes_is_as_old_as_its_generation(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    for note in (tones.store / "runs").iterdir():
        note.unlink()
    assert look(tones, DAY).problems == []
    assert len(look(tones, DAY, later=2 * DAY).problems) == 1


def test_where_there_is_no_store_the_command_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store here"):
        status(open_storage(tmp_path), None, time.time())


def test_the_command_prints_what_is_there_and_exits_with_1_when_stale(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    fresh = typed(str(tones.store), "--max-age", "26h")
    assert fresh.exit_code == 0
    first, run = fresh.stdout.splitlines()
    assert first.startswith(f"{tones.store}: generation 1 of 20")
    assert "8 recordings, 8 examples, 0.00 h of audio" in first
    assert "succeeded" in run
    assert run.endswith("generation 1, 8 decoded")
    age(tones, 2 * DAY)
    stale = typed(str(tones.store), "--max-age", "26h", "--json")
    assert stale.exit_code == 1
    said = json.loads(stale.stdout)
    assert (said["generation"]["number"], said["generation"]["recordings"]) == (1, 8)
    assert [note["outcome"] for note in said["runs"]] == ["succeeded"]
    assert len(said["problems"]) == 1


def test_a_first_build_that_failed_leaves_no_generation_to_show(tones: Tones) -> None:
    fail(tones)
    found = typed(str(tones.store))
    assert found.exit_code == 1
    assert "the last run failed" in found.stdout.splitlines()[-1]


@pytest.mark.parametrize("age", ["26", "soon"])
def test_an_age_is_a_duration(tones: Tones, age: str) -> None:
    found = typed(str(tones.store), "--max-age", age)
    assert found.exit_code == 2
    assert "expected a duration" in found.stderr


def test_units_are_printed_or_written(tmp_path: Path) -> None:
    recipe = str(write_lines(tmp_path / "night.yaml", "name: night", 'schedule: {cron: "0 2 * * *"}'))
    printed = CliRunner().invoke(schedule, ["render", recipe, "--as", "systemd"])
    assert printed.exit_code == 0
    assert [line for line in printed.stdout.splitlines() if line.startswith("# ==>")] == [
        "# ==> wavemill-night.service",
        "# ==> wavemill-night.timer",
    ]
    units = tmp_path / "units"
    written = CliRunner().invoke(schedule, ["render", recipe, "--as", "systemd", "--out", str(units)])
    assert (written.exit_code, written.stdout) == (0, "")
    assert sorted(path.name for path in units.iterdir()) == ["wavemill-night.service", "wavemill-night.timer"]
    assert all(path.read_text("utf-8") in printed.stdout for path in units.iterdir())
    image = CliRunner().invoke(schedule, ["render", recipe, "--as", "k8s"])
    assert image.exit_code == 2
    assert "--image" in image.stderr
