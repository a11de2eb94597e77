"""Every build leaves a note: what it did and why, how it ended, how to do it again; and a command hears of it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import xxhash

from manifests.errors import DamagedError
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.build import build
from pipelines.errors import BuildError, GateError, LockedError
from pipelines.lock import locked
from pipelines.runs import read_notes
from tests.pipelines.corpora import Tones

COUNT = 12


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    return Tones(tmp_path, COUNT)


def notes(tones: Tones) -> list[dict[str, Any]]:
    return list(read_notes(LocalStorage(tones.store)))


def hearing(tones: Tones, *on: str) -> Path:
    """Makes the recipe tell a command, which keeps what it hears in this file."""
    heard = tones.folder / "heard.json"
    tones.tail += f'notify: {{command: [tee, "{heard}"], on: [{", ".join(on)}]}}\n'
    return heard


def test_the_note_says_what_was_done_and_why(tones: Tones) -> None:
    made = build(tones.recipe(), "inline")
    (note,) = notes(tones)
    assert note["name"] == made.run
    assert (note["outcome"], note["exit_code"], note["error"]) == ("succeeded", 0, None)
    assert (note["recipe"], note["recipe_digest"]) == ("tones", xxhash.xxh3_128_hexdigest(tones.recipe().text.encode()))
    assert (note["generation_before"], note["generation_after"]) == (None, 1)
    assert note["counts"] == made.to_json()
    assert (note["decoded"], note["copied"]) == (COUNT, 0)
    assert sum(note["why"].values()) == note["planned"]["shards"] == made.shards_built
    assert all(reason.endswith("new recordings") for reason in note["why"])
    shards = Store.open(tones.store).generation.shards
    assert note["storage"]["shard_bytes"] == sum(entry.shard_bytes for entry in shards)
    assert note["builders"]["audio_seconds"] == pytest.approx(made.audio_seconds, abs=0.01)
    assert note["builders"]["seconds"] > 0
    assert list(note["seconds"]) == ["scan", "plan", "build", "commit", "report"]
    assert note["environment"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert note["started"] <= note["ended"]


def test_a_build_without_work_and_one_with_some_leave_notes_too(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    build(tones.recipe(), "inline")
    tones.add(100)
    build(tones.recipe(), "inline")
    newest, second, _ = notes(tones)
    assert (second["generation_before"], second["generation_after"], second["why"]) == (1, 1, {})
    assert (newest["generation_before"], newest["generation_after"], newest["decoded"]) == (1, 2, 1)
    assert list(newest["why"].values()) == [1]


def test_a_failed_gate_is_noted_with_what_was_decoded_all_the_same(tones: Tones) -> None:
    (tones.root / "high" / "empty.wav").write_bytes(b"")
    tones.tail = "gates: {max_rejected: 1%}\n"
    with pytest.raises(GateError) as refused:
        build(tones.recipe(), "inline")
    (note,) = notes(tones)
    assert (note["outcome"], note["exit_code"], note["error"]) == ("failed", 3, str(refused.value))
    assert (note["generation_before"], note["generation_after"]) == (None, None)
    assert (note["decoded"], note["counts"]) == (COUNT + 1, {})


def test_a_failure_before_planning_ends_is_noted(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    for path in tones.root.rglob("*.wav"):
        path.unlink()
    with pytest.raises(ValueError) as empty:
        build(tones.recipe(), "inline")
    note, _ = notes(tones)
    assert (note["outcome"], note["exit_code"], note["error"]) == ("failed", 1, str(empty.value))
    assert list(note["seconds"]) == ["scan"]
    assert (note["generation_before"], note["generation_after"]) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ZeroDivisionError("no bar"), ("failed", 1, "ZeroDivisionError: no bar")),
        (KeyboardInterrupt(), ("interrupted", 130, "stopped by SIGINT")),
    ],
)
def test_what_else_ends_a_build_is_noted(tones: Tones, fault: BaseException, expected: tuple[str, int, str]) -> None:
    def watch(plan: object) -> Any:
        raise fault

    with pytest.raises(type(fault)):
        build(tones.recipe(), "inline", watch=watch)
    (note,) = notes(tones)
    assert (note["outcome"], note["exit_code"], note["error"]) == expected


def test_who_does_not_get_the_store_leaves_no_note(tones: Tones) -> None:
    heard = hearing(tones, "success", "failure")
    with locked(tones.store), pytest.raises(LockedError):
        build(tones.recipe(), "inline")
    assert not notes(tones)
    assert not heard.exists()


def test_the_way_to_do_it_again_is_noted_and_no_value_of_a_variable(
    tones: Tones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "5ecr3t")
    tones.tail = 'description: "${TOKEN} ${ABSENT:-none}"\n'
    recipe = tones.folder / "recipe.yaml"
    with pytest.raises(Exception, match="description"):
        tones.recipe()
    recipe.write_text(recipe.read_text().replace("description: Tones for tests.\n", ""), "utf-8")
    command = [sys.executable, "-m", "wavemill", "build", str(recipe), "--cluster", "inline"]
    subprocess.run(command, check=True, capture_output=True)
    (note,) = notes(tones)
    assert (note["argv"], note["cwd"], note["variables"]) == (command, os.getcwd(), ["ABSENT", "TOKEN"])
    assert "5ecr3t" not in (tones.store / note["name"]).read_text()
    subprocess.run(note["argv"], cwd=note["cwd"], check=True, capture_output=True)
    again, _ = notes(tones)
    assert (again["outcome"], again["decoded"]) == ("succeeded", 0)


def test_a_build_that_was_killed_is_known_by_its_note(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    (note,) = notes(tones)
    path = tones.store / note["name"]
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    def outcome(**changes: Any) -> str:
        path.write_text(json.dumps(note | {"outcome": "running"} | changes), "utf-8")
        return str(notes(tones)[0]["outcome"])

    assert outcome(process=ended.pid) == "killed"
    assert outcome(process=os.getpid()) == "running"
    assert outcome(process=ended.pid, host="elsewhere") == "running", "of other machines nothing is known"
    assert socket.gethostname() == note["host"]
    build(tones.recipe(), "inline")
    assert [found["outcome"] for found in notes(tones)] == ["succeeded", "killed"], "the store's lock was free"


def test_a_note_that_is_none_is_named(tones: Tones) -> None:
    build(tones.recipe(), "inline")
    (note,) = notes(tones)
    (tones.store / note["name"]).write_text("[]", "utf-8")
    with pytest.raises(DamagedError, match=note["name"]):
        notes(tones)


def test_a_command_hears_the_note_on_its_standard_input(tones: Tones) -> None:
    heard = hearing(tones, "success", "failure")
    made = build(tones.recipe(), "inline")
    assert heard.read_bytes() == (tones.store / made.run).read_bytes()
    assert json.loads(heard.read_text())["generation_after"] == 1


def test_a_note_that_cannot_be_written_fails_no_build(tones: Tones, caplog: pytest.LogCaptureFixture) -> None:
    tones.store.mkdir()
    (tones.store / "runs").write_text("in the way", "utf-8")
    assert build(tones.recipe(), "inline").generation == 1
    assert any("the note of this run cannot be written" in message for message in caplog.messages)
    (tones.root / "high" / "empty.wav").write_bytes(b"")
    tones.tail = "gates: {max_rejected: 0}\n"
    with pytest.raises((GateError, BuildError)) as refused:
        build(tones.recipe(), "inline")
    assert "max_rejected" in str(refused.value), "the build's own error is not hidden"
