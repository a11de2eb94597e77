"""What a builder has made outlives it: whole recordings, of the same task, and nothing of what a death cut off."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from pipelines.finished import Finished, Made
from pipelines.stores.writer import Stored

ROW = {"key": "digits/0_theo_1.wav", "seconds": 0.1 + 0.2, "reason": None, "notes": '{"decode": "\\n"}'}


def made(number: int) -> list[Made]:
    """Two examples with two arrays each; of every third recording there is none."""
    if number % 3 == 2:
        return [(ROW | {"copy": number}, None)]
    arrays = {"log_mel": Stored(bytes([number, 10]) * 40, 20, 2, 100.0), "audio": Stored(b"\n{}" * number, 3, 1, 8e3)}
    return [(ROW | {"copy": copy}, arrays) for copy in range(2)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "finished").touch()
    return tmp_path / "finished"


def test_every_cut_leaves_whole_recordings(path: Path) -> None:
    first = Finished(path)
    first.begin("task", str(path.parent / "none"))
    ends = []
    for number in range(5):
        first.keep(number, made(number))
        ends.append(path.stat().st_size)
    content = path.read_bytes()
    for size in range(len(content) + 1):
        path.write_bytes(content[:size])
        second = Finished(path)
        second.begin("task", str(path.parent / "none"))
        whole = sum(end <= size for end in ends)
        assert [second.take(number) for number in range(whole)] == [made(number) for number in range(whole)]
        assert all(second.take(number) is None for number in range(whole, 5))
        second.keep(whole, made(whole))
        third = Finished(path)
        third.begin("task", str(path.parent / "none"))
        assert third.take(whole) == made(whole)


def test_another_task_begins_with_nothing(path: Path) -> None:
    finished = Finished(path)
    finished.begin("task", str(path.parent / "none"))
    finished.keep(0, made(0))
    finished.begin("other", str(path.parent / "none"))
    assert finished.take(0) is None


def test_the_half_shard_of_a_builder_that_died_is_removed(path: Path) -> None:
    shards = [path.parent / name for name in ("first", "second")]
    for shard in shards:
        shard.touch()
        Finished(path).begin("task", str(shard))
    assert [shard.exists() for shard in shards] == [False, True]


def test_without_room_recordings_are_made_again(path: Path) -> None:
    finished = Finished(path)
    finished.begin("task", str(path.parent / "none"))
    finished.keep(0, made(0))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 300, before[1]))
    try:
        finished.keep(1, made(1))
        finished.keep(2, made(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    finished.keep(3, made(3))
    again = Finished(path)
    again.begin("task", str(path.parent / "none"))
    assert again.take(0) == made(0)
    assert [again.take(number) for number in (1, 2, 3)] == [None, None, None]
    again.keep(1, made(1))
    again.begin("task", str(path.parent / "none"))
    assert again.take(1) == made(1)


def test_the_end_of_another_task_is_not_taken_for_this_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of tasks are equally long, so what was of the first one would pass for the second one's."""
    first = Finished(path)
    first.begin("task", str(path.parent / "none"))
    first.keep(0, made(0))
    monkeypatch.setattr(os, "pwrite", lambda *arguments: 0)
    Finished(path).begin("next", str(path.parent / "none"))
    monkeypatch.undo()
    second = Finished(path)
    second.begin("next", str(path.parent / "none"))
    assert second.take(0) is None
