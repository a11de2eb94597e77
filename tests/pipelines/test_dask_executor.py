"""Workers of a local Dask that cannot start their builders, or give other bits."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.build import build
from pipelines.dask_executor import _Flow
from pipelines.errors import BuildError
from pipelines.supervisor import Supervisor
from pipelines.task import Task
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
    Refusals(monkeypatch, 1)
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
