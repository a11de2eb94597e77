"""Workers that cannot build, and what becomes of the tasks that only others may have."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from manifests.generation import ShardEntry
from pipelines.build import build
from pipelines.dask_executor import _Flow
from pipelines.early import _waiting
from pipelines.errors import BuildError
from pipelines.supervisor import Supervisor
from pipelines.task import Result, Task
from tests.pipelines.corpora import Tones


class Refusals:
    """Lets so many starts of a builder fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        start = Supervisor.start
        self.left = count

        def refuse(supervisor: Supervisor) -> None:
            if self.left:
                self.left -= 1
                raise OSError(errno.ENOMEM, "Cannot allocate memory")
            start(supervisor)

        monkeypatch.setattr(Supervisor, "start", refuse)


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    tones = Tones(tmp_path, 16)
    for number in range(100, 112):
        tones.add(number, 30)
    return tones


def test_the_others_go_on_where_a_worker_cannot_start_builders(
    tones: Tones, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    build(tones.recipe(f"store.path={tones.folder}/inline"), "inline")
    Refusals(monkeypatch, 2)  # one of them before Dask has started, which the worker tries again
    given: list[str] = []
    monkeypatch.setattr("pipelines.dask_executor._Flow._submit", submit(given))
    build(tones.recipe(), "local", 2)
    assert len(given) <= 2 * len(set(given)), "no task comes to a worker twice that cannot build it"
    assert tones.digests() == tones.digests(tones.folder / "inline")
    (said,) = (record.getMessage() for record in caplog.records if record.name == "pipelines.dask_executor")
    assert "cannot start builders: [Errno 12] Cannot allocate memory\nThe build goes on without." in said


def submit(given: list[str]) -> Callable[[_Flow, Task], None]:
    """Writes down the id of every task that is given out."""
    original = _Flow._submit

    def submit(flow: _Flow, task: Task) -> None:
        given.append(task.id)
        original(flow, task)

    return submit


def test_a_build_ends_where_no_worker_can_start_builders(tones: Tones, monkeypatch: pytest.MonkeyPatch) -> None:
    Refusals(monkeypatch, 100)
    with pytest.raises(BuildError, match="cannot start builders"):
        build(tones.recipe(), "local", 2)


class Script:
    """A client whose answers are written: `answers` says, call by call, what becomes of a task, None for nothing yet.

    `threads` are the workers that are there; `changes` are made to them at the calls of these numbers.
    """

    def __init__(self, threads: dict[str, int], answers: list[dict[str, str] | None]) -> None:
        self.threads, self.answers = threads, answers
        self.given: list[list[str] | None] = []
        self.changes: dict[int, dict[str, int]] = {}
        self.polls = 0

    def nthreads(self) -> dict[str, int]:
        self.polls += 1
        assert self.polls < 1000, "the task never comes back"
        return self.threads

    def submit(self, *arguments: object, workers: list[str] | None, **options: object) -> Written:
        self.given.append(workers)
        self.threads = self.changes.get(len(self.given), self.threads)
        return Written(self.answers[len(self.given) - 1])


class Written:
    """A future with that answer."""

    def __init__(self, answer: dict[str, str] | None) -> None:
        self.answer = answer

    def add_done_callback(self, call: Callable[[Written], None]) -> None:
        if self.answer is not None:
            call(self)

    def cancelled(self) -> bool:
        return False

    def result(self) -> dict[str, str] | None:
        return self.answer

    def release(self) -> None:
        pass


RESULT = Result(ShardEntry("train", "lineage", "task", None, 0, "index", "digest", 1, 0, 0, 1, 0, 0.0), 1, 0, 1.0)
UNFIT = {"unfit": "b is unfit", "worker": "b"}


def test_what_only_a_worker_that_has_left_may_build_is_given_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.dask_executor.POLL_SECONDS", 0.001)
    client = Script({"a": 1, "b": 1}, [UNFIT, None, {"result": RESULT.encode()}])
    client.changes[2] = {"b": 1, "c": 1}
    task = Task("task", "train", [])
    assert list(_Flow(client, "name").results(iter([task]))) == [RESULT]
    assert client.given == [None, ["a"], ["c"]]


def test_a_build_ends_where_only_unfit_workers_are_left() -> None:
    client = Script({"a": 1, "b": 1}, [UNFIT, None, UNFIT])
    client.changes[2] = {"b": 1}
    with pytest.raises(BuildError, match="b is unfit"):
        list(_Flow(client, "name").results(iter([Task("task", "train", [])])))
    assert client.given == [None, ["a"], None]


def test_a_worker_that_stops_gives_its_task_back() -> None:
    client = Script({"a": 1}, [{"stopped": "a"}, {"result": RESULT.encode()}])
    assert list(_Flow(client, "name").results(iter([Task("task", "train", [])]))) == [RESULT]


def test_no_builder_outlives_its_build(tones: Tones) -> None:
    """Those that started early were taken, or have ended."""
    build(tones.recipe(), "local", 2)
    assert not _waiting
    assert not [child for child in psutil.Process().children() if "pipelines.process" in child.cmdline()]
