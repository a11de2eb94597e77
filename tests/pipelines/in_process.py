"""Builders inside the test's own process: for tests that need many builds, and none that dies."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines import executor
from pipelines.builder import Builder
from pipelines.finished import Finished
from pipelines.task import Job, Result, Task


class InProcess:
    """What a supervisor does, without a process and so without limits; to put into pipelines.executor."""

    def __init__(self, job: Job) -> None:
        self._file = tempfile.NamedTemporaryFile()  # noqa: SIM115, closed by `close`
        self._builder = Builder(job, lambda row, stage: None, Finished(self._file.name))

    def run(self, task: Task) -> Result:
        return self._builder.build(task)

    def close(self) -> None:
        self._file.close()


@contextmanager
def in_process() -> Iterator[None]:
    """Inline builds have their builder in this process for as long as the context."""
    before = executor.Supervisor
    executor.Supervisor = InProcess  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        executor.Supervisor = before  # type: ignore[misc]
