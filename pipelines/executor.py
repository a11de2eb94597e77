"""Executor: where tasks run. One builder beside the driver, or light Dask workers that drive one each.

Every way gives the same bytes, since every way runs the same supervisor and the same builder process.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

from pipelines.plan import Planned
from pipelines.supervisor import Supervisor
from pipelines.task import Job, Result, Task

SMALL_SECONDS = 600.0
"""Audio below which one builder is done before a cluster has started."""


def run(job: Job, planned: Sequence[Planned], cluster: str | None, workers: int) -> Generator[Result]:
    """The results of what was planned, as they are done, the longest task first.

    `cluster` is "inline" (no Dask), "local", or the address of a Dask scheduler; None chooses inline for
    small jobs, and for a single worker. Closing the generator stops the builders.
    """
    ordered = sorted(planned, key=lambda item: (-item.seconds, item.id))
    if not ordered:
        return
    if cluster is None:
        small = len(ordered) == 1 or sum(item.seconds for item in ordered) < SMALL_SECONDS
        cluster = "inline" if small or workers == 1 else "local"
    tasks = (item.load() for item in ordered)
    if cluster == "inline":
        yield from _inline(job, tasks)
    else:
        from pipelines.dask_executor import run_on_dask

        yield from run_on_dask(job, tasks, cluster, min(workers, len(ordered)))


def _inline(job: Job, tasks: Iterable[Task]) -> Generator[Result]:
    supervisor = Supervisor(job)
    try:
        for task in tasks:
            yield supervisor.run(task)
    finally:
        supervisor.close()
