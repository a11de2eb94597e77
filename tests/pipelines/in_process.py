"""Builders inside the test's own process: for tests that need many builds, and none that dies."""

from __future__ import annotations

import tempfile

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
