"""What is read of a recipe for its schedule, and what is not."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.schedule.scheduled import ScheduledBuild
from tests.factories import write_lines

HEAD = ["name: digits", 'schedule: {cron: "0 2 * * *", timezone: "${ZONE:-Europe/Berlin}", deadline: 90m}']


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZONE", "DATA"):
        monkeypatch.delenv(name, raising=False)


def test_neither_variables_nor_folders_of_corpora_need_be_there(tmp_path: Path) -> None:
    recipe = write_lines(tmp_path / "digits.yaml", *HEAD, "corpora: {x: {reader: folder, root: '${DATA}/x'}}")
    build = ScheduledBuild.read(recipe)
    assert (build.name, build.recipe, build.folder) == ("digits", recipe, Path.cwd())
    assert (build.schedule.timezone, build.schedule.deadline) == ("Europe/Berlin", 5400)
    assert build.variables == ("DATA", "ZONE")
    assert build.memory_bytes == 4 << 30
    assert build.command() == [sys.executable, "-P", "-m", "wavemill", "build", str(recipe)]
    assert build.next(datetime(2026, 6, 30, 23, tzinfo=UTC)).isoformat() == "2026-07-01T02:00:00+02:00"


def test_a_variable_of_the_schedule_counts_where_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONE", "Asia/Tokyo")
    assert ScheduledBuild.read(write_lines(tmp_path / "digits.yaml", *HEAD)).schedule.timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["name: digits"], r"digits.yaml:1:1 schedule: missing"),
        (["name: digits", "schedule: {cron: 0 2 * *}"], r"digits.yaml:2:18 schedule.cron: expected minute, hour"),
        (["name: digits", "schedule: {cron: 0 2 * * *, deadlin: 6h}"], "unknown parameter; did you mean deadline"),
        (
            ["name: digits", "schedule: {cron: 0 2 * * *, timezone: Europe/Berlni}"],
            "schedule.timezone: 'Europe/Berlni' is no time zone; did you mean Europe/Berlin",
        ),
        (["name: digits", "schedule: {cron: 0 2 * * *, deadline: soon}"], "expected a duration such as 90m, 6h or 1d"),
        (["name: digits", "schedule: {cron: 0 2 * * *, timezone: '${DATA}'}"], "'[$]{DATA}' is no time zone"),
    ],
)
def test_mistakes_are_named_where_they_stand(tmp_path: Path, lines: list[str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        ScheduledBuild.read(write_lines(tmp_path / "digits.yaml", *lines))


def test_a_recipe_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml: no such file"):
        ScheduledBuild.read(tmp_path / "none.yaml")
