"""Executor: where tasks run. One builder beside the driver, or light Dask workers that drive one each.

Every way gives the same bytes, since every way runs the same supervisor and the same builder process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.supervisor import Supervisor
from pipelines.task import Job, Result, Task

SMALL_SECONDS = 600.0
"""Audio below which one builder is done before a cluster has started."""


def run(job: Job, tasks: Sequence[Task], cluster: str | None, workers: int) -> Iterator[Result]:
    """The results of the tasks, as they are done, the longest task first.

    `cluster` is "inline" (no Dask), "local", or the address of a Dask scheduler; None chooses inline for
    small jobs, and for a single worker.
    """
    ordered = sorted(tasks, key=lambda task: (-task.cost, task.id))
    if not ordered:
        return
    if cluster is None:
        small = len(ordered) == 1 or sum(task.cost for task in ordered) < SMALL_SECONDS
        cluster = "inline" if small or workers == 1 else "local"
    if cluster == "inline":
        yield from _inline(job, ordered)
    else:
        from pipelines.dask_executor import run_on_dask

        yield from run_on_dask(job, ordered, cluster, min(workers, len(ordered)))


def _inline(job: Job, tasks: Sequence[Task]) -> Iterator[Result]:
    supervisor = Supervisor(job)
    try:
        for task in tasks:
            yield supervisor.run(task)
    finally:
        supervisor.close()
