"""Executor: where tasks run. One builder beside the driver, or light Dask workers that drive one each.

Every way gives the same bytes, since every way runs the same supervisor and the same builder process.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from contextlib import nullcontext

from pipelines.cluster import INLINE, LOCAL, Where
from pipelines.early import started
from pipelines.plan import Planned
from pipelines.supervisor import Supervisor
from pipelines.task import Job, Result, Task

SMALL_SECONDS = 600.0
"""Audio below which one builder is done before a cluster has started."""


def run(
    job: Job,
    planned: Sequence[Planned],
    cluster: Where | None = None,
    workers: int | None = None,
    dashboard: bool = False,
) -> Generator[Result]:
    """The results of what was planned, as they are done, the longest task first.

    Without `cluster` small jobs run inline, and so does what has a single worker; others on a local Dask. `workers`
    are by default one for each core; see pipelines.cluster. Closing the generator stops the builders.
    """
    ordered = sorted(planned, key=lambda item: (-item.seconds, item.id))
    if not ordered:
        return
    builders = min(workers or os.cpu_count() or 1, len(ordered))
    if cluster is None:
        small = sum(item.seconds for item in ordered) < SMALL_SECONDS
        cluster = INLINE if (small or builders == 1) and not dashboard else LOCAL
    tasks = (item.load() for item in ordered)
    if cluster == INLINE:
        yield from _inline(job, tasks)
    else:
        with started(job, builders) if cluster == LOCAL else nullcontext():
            from pipelines.dask_executor import run_on_dask

            yield from run_on_dask(job, tasks, cluster, builders if cluster == LOCAL else workers or 0, dashboard)


def _inline(job: Job, tasks: Iterable[Task]) -> Generator[Result]:
    supervisor = Supervisor(job)
    try:
        for task in tasks:
            yield supervisor.run(task)
    finally:
        supervisor.close()
