"""Dask: each worker is a light supervisor of builder processes, one for each of its threads.

Workers hold no data: tasks go in as JSON, a few hundred bytes come back. They may come and go while a build runs.
Imported only when Dask is used.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from contextlib import ExitStack, suppress
from itertools import chain, count, islice

from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin, get_worker

from manifests.errors import ManifestError
from manifests.storage import TEMPORARY, open_storage
from pipelines.agreement import Facts, Needs, disagreement
from pipelines.cluster import Where, connected
from pipelines.early import take
from pipelines.errors import BuildError, UnfitError
from pipelines.supervisor import Supervisor
from pipelines.task import Job, Result, Task

WINDOW_PER_THREAD = 3
POLL_SECONDS = 2.0
"""How soon workers that have joined are given something to do."""
LOSSES = 5
"""How often Dask may give a task up, each time after several workers died with it, before the build does."""
Answer = dict[str, str]
LOST = "the connection to the Dask scheduler is lost; finished shards are kept, and the next build goes on there"
_log = logging.getLogger(__name__)


class Builders(WorkerPlugin):
    """What a Dask worker keeps for one build: supervisors that wait for a task. Workers that join later get it too."""

    def __init__(self, name: str, job: Job, needs: Needs, here: Facts) -> None:
        """`here` is what the driver's machine says of itself."""
        self.name, self.job, self.needs, self.here = name, job, needs, here
        self.unfit = ""
        self.stopped = False
        self._supervisors: list[Supervisor] = []
        self._idle: queue.SimpleQueue[Supervisor] = queue.SimpleQueue()

    def __reduce__(self) -> tuple[type[Builders], tuple[str, Job, Needs, Facts]]:
        return Builders, (self.name, self.job, self.needs, self.here)

    async def setup(self, worker: Worker) -> None:
        self.unfit = disagreement(self.here, {worker.address: await _facts(self.needs)})
        if self.unfit or self.stopped:
            return
        try:
            for _ in range(worker.state.nthreads):
                self._supervisors.append(take(self.job))
                self._idle.put(self._supervisors[-1])
        except (OSError, ManifestError) as error:
            self.unfit = f"{worker.address} cannot start builders: {error}"

    def teardown(self, worker: Worker) -> None:
        """Stops those that are at work too. A task that comes late still finds a supervisor, which refuses it."""
        self.stopped = True
        for supervisor in self._supervisors:
            supervisor.stop()
        ended = [self._idle.get() for _ in self._supervisors]
        for supervisor in ended:
            supervisor.close()
            self._idle.put(supervisor)

    def build(self, task: Task) -> Result:
        if self.unfit:
            raise UnfitError(self.unfit)
        supervisor = self._idle.get()
        try:
            return supervisor.run(task)
        finally:
            self._idle.put(supervisor)


def run_on_dask(job: Job, tasks: Iterable[Task], where: Where, workers: int, dashboard: bool) -> Iterator[Result]:
    """The results of the tasks as they are done; a bounded window of them is in flight.

    See pipelines.cluster.connected for `where`, `workers` and `dashboard`. BuildError, before anything is built, where
    a worker is not fit for it; one that joins later, and is not, is left out.
    """
    waiting = iter(tasks)
    first = next(waiting)
    name = f"wavemill-{secrets.token_hex(8)}"
    storage, beacon = open_storage(job.store), f"{TEMPORARY}{name}"
    with ExitStack() as stack:
        client = stack.enter_context(connected(where, workers, dashboard))
        storage.replace(beacon, b"looked for by workers")
        stack.callback(storage.delete, beacon)
        _await_workers(client)
        needs = Needs.of(job, first.rows, beacon)
        here, answers = needs.facts(), client.run(_facts, needs, on_error="return")
        # an OSError is not what a worker said, but that it is gone by now
        there = {worker: said for worker, said in answers.items() if not isinstance(said, OSError)}
        if complaint := disagreement(here, there):
            raise BuildError(complaint)
        with suppress(OSError):
            client.register_plugin(Builders(name, job, needs, here))
        stack.callback(_unregister, client, name)
        yield from _Flow(client, name).results(chain([first], waiting))


async def _facts(needs: Needs) -> Facts:
    """Asked beside the event loop of a worker, which must not wait for slow file systems."""
    return await asyncio.to_thread(needs.facts)


def _await_workers(client: Client) -> None:
    if not client.nthreads():
        _log.warning("the Dask scheduler has no workers yet; waiting for the first one")
        client.wait_for_workers(1)


def _unregister(client: Client, name: str) -> None:
    """Ends the builders; workers whose scheduler is gone have ended theirs."""
    if client.status == "running":
        with suppress(OSError):
            client.unregister_worker_plugin(name)


class _Flow:
    """The tasks that Dask has, and what becomes of them."""

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name = client, name
        self._flying: dict[Future[Answer], tuple[Task, frozenset[str]]] = {}
        self._ended: queue.SimpleQueue[Future[Answer]] = queue.SimpleQueue()
        self._numbers = count()
        self._losses = Counter[str]()
        self._unfit: set[str] = set()
        self._alone = False

    def results(self, tasks: Iterator[Task]) -> Iterator[Result]:
        while True:
            for task in islice(tasks, self._room()):
                self._submit(task)
            if not self._flying:
                return
            try:
                future = self._ended.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if (result := self._hear(future)) is not None:
                yield result

    def _room(self) -> int:
        """How many more tasks the workers that are there now should have."""
        threads = self._threads()
        if not threads and not self._alone:
            _log.warning("the Dask scheduler has lost all its workers; waiting for others")
        self._alone = not threads
        self._call_back(threads.keys())
        return max(0, WINDOW_PER_THREAD * max(1, sum(threads.values())) - len(self._flying))

    def _threads(self) -> dict[str, int]:
        try:
            found: dict[str, int] = self.client.nthreads()
        except OSError as error:
            raise BuildError(f"{LOST} ({error})") from error
        return found

    def _call_back(self, there: Set[str]) -> None:
        """Gives out again what may only go to workers that have left."""
        for future, (task, only) in list(self._flying.items()):
            if only and not only & there:
                del self._flying[future]
                future.release()
                self._submit(task)

    def _submit(self, task: Task) -> None:
        """Gives a task to Dask: for any worker, or once some have turned out to be unfit, for the others."""
        only = frozenset(self._threads().keys() - self._unfit if self._unfit else ())
        key = f"{self.name}-{task.id}-{next(self._numbers)}"
        future = self.client.submit(_build, self.name, task.encode(), key=key, pure=False, workers=sorted(only) or None)
        self._flying[future] = task, only
        future.add_done_callback(self._ended.put)

    def _hear(self, future: Future[Answer]) -> Result | None:
        """What came of a task; None where it was given out again."""
        if future not in self._flying:
            return None
        task, _ = self._flying.pop(future)
        if future.cancelled():
            raise BuildError(LOST)
        try:
            answer = future.result()
        except KilledWorker as error:
            self._count_loss(task, error)
            answer = {}
        if "result" in answer:
            return Result.decode(answer["result"])
        if "error" in answer:
            raise BuildError(answer["error"])
        if "unfit" in answer:
            self._leave_out(answer["worker"], answer["unfit"])
        self._submit(task)
        return None

    def _count_loss(self, task: Task, error: KilledWorker) -> None:
        self._losses[task.id] += 1
        if self._losses[task.id] == LOSSES:
            raise BuildError(
                f"Dask workers die while they build the {len(task.rows)} recordings from {task.rows[0].key} on; "
                f"the last one was {error.last_worker.address}, and its log may say why"
            ) from error

    def _leave_out(self, worker: str, complaint: str) -> None:
        """Gives a worker nothing more to do."""
        known = worker in self._unfit
        self._unfit.add(worker)
        if not self._threads().keys() - self._unfit:
            raise BuildError(complaint)
        if not known:
            _log.warning("%s\nThe build goes on without.", complaint)


def _build(name: str, task: str) -> Answer:
    """Runs on a worker. What goes wrong is an answer: Dask must not try it again elsewhere."""
    worker = get_worker()
    builders = worker.plugins.get(name)
    if not isinstance(builders, Builders):
        return {"unfit": f"{worker.address} has not heard of this build", "worker": worker.address}
    try:
        return {"result": builders.build(Task.decode(task)).encode()}
    except UnfitError as error:
        return {"unfit": str(error), "worker": worker.address}
    except (BuildError, OSError) as error:
        where = "" if worker.address.startswith("inproc://") else f"{worker.address}: "
        return {"stopped": worker.address} if builders.stopped else {"error": f"{where}{error}"}
