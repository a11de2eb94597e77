"""Dask: each worker is a light supervisor of builder processes, one for each of its threads.

Workers hold no data: tasks go in as JSON, a few hundred bytes come back. Imported only when Dask is used.
"""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any

import dask.config
from distributed import Client, LocalCluster, Worker, WorkerPlugin, as_completed, get_worker

from pipelines.errors import BuildError
from pipelines.supervisor import Supervisor
from pipelines.task import Job, Result, Task

WINDOW_PER_THREAD = 3
CONNECT_SECONDS = 10
RETRIES = 5
"""How often a task may lose its Dask worker (killed, scaled down) before the build gives up."""


class Builders(WorkerPlugin):
    """What a Dask worker keeps for one job: supervisors that wait for a task. Workers that join later get it too."""

    def __init__(self, job: Job) -> None:
        self.name = f"wavemill-{job.identity()}"
        self.job = job

    def setup(self, worker: Worker) -> None:
        self._supervisors = [Supervisor(self.job) for _ in range(worker.state.nthreads)]
        self._idle: queue.SimpleQueue[Supervisor] = queue.SimpleQueue()
        for supervisor in self._supervisors:
            supervisor.start()
            self._idle.put(supervisor)

    def teardown(self, worker: Worker) -> None:
        """Stops those that are at work too. A task that comes late still finds a supervisor, which refuses it."""
        for supervisor in self._supervisors:
            supervisor.stop()
        ended = [self._idle.get() for _ in self._supervisors]
        for supervisor in ended:
            supervisor.close()
            self._idle.put(supervisor)

    def build(self, task: Task) -> Result:
        supervisor = self._idle.get()
        try:
            return supervisor.run(task)
        finally:
            self._idle.put(supervisor)


def run_on_dask(job: Job, tasks: Iterable[Task], cluster: str, workers: int) -> Iterator[Result]:
    """The results of the tasks as they are done; a bounded window of them is in flight.

    `cluster` is "local" (a scheduler and its workers inside this process) or a scheduler's address.
    """
    with ExitStack() as stack:
        client = stack.enter_context(_connect(cluster, workers, stack))
        plugin = Builders(job)
        client.register_plugin(plugin)
        stack.callback(client.unregister_worker_plugin, plugin.name)
        yield from _windowed(client, plugin.name, tasks)


def _windowed(client: Client, name: str, tasks: Iterable[Task]) -> Iterator[Result]:
    waiting = iter(tasks)
    window = WINDOW_PER_THREAD * max(1, sum(client.nthreads().values()))

    def submit(task: Task) -> Any:
        return client.submit(_build, name, task.encode(), key=f"wavemill-{task.id}", retries=RETRIES, pure=False)

    flow = as_completed([submit(task) for task in islice(waiting, window)], loop=client.loop)
    for future in flow:
        answer = future.result()
        future.release()
        if "error" in answer:
            raise BuildError(answer["error"])
        flow.update([submit(task) for task in islice(waiting, 1)])
        yield Result.decode(answer["result"])


def _build(name: str, task: str) -> dict[str, str]:
    """Runs on a worker. A failure of the build is an answer: Dask must not try it again elsewhere."""
    builders = get_worker().plugins[name]
    assert isinstance(builders, Builders)
    try:
        return {"result": builders.build(Task.decode(task)).encode()}
    except BuildError as error:
        return {"error": str(error)}


def _connect(cluster: str, workers: int, stack: ExitStack) -> Client:
    if cluster != "local":
        try:
            return Client(cluster, timeout=CONNECT_SECONDS, set_as_default=False)
        except OSError as error:
            raise BuildError(f"no Dask scheduler answers at {cluster} ({error})") from error
    # the builders are processes of their own, with their own limits; these workers hold nothing
    stack.enter_context(dask.config.set({"distributed.worker.memory.terminate": False}))
    local = LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0", memory_limit=0
    )
    return Client(stack.enter_context(local), set_as_default=False)
