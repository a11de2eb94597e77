"""Early: what takes time to start begins before it is needed.

The builders of a local cluster start before it, so that their imports run beside those of Dask; what a commit imports
is imported while builders work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread

from manifests.errors import ManifestError
from pipelines.supervisor import Supervisor
from pipelines.task import Job

_waiting: dict[str, list[Supervisor]] = {}


@contextmanager
def started(job: Job, count: int) -> Iterator[None]:
    """A context in which so many builders of a job start, and wait to be taken; those that nobody took end with it.

    Where one cannot start, whoever would have taken it tries that again, and says so.
    """
    made = _waiting[job.encode()] = list[Supervisor]()
    try:
        with suppress(OSError, ManifestError):
            for _ in range(count):
                made.append(_start(job))
        yield
    finally:
        for left in _waiting.pop(job.encode()):
            left.close()


def take(job: Job) -> Supervisor:
    """A builder of a job, which has started: one that waits in this process, or else a new one."""
    waiting = _waiting.get(job.encode())
    return waiting.pop() if waiting else _start(job)


def _start(job: Job) -> Supervisor:
    made = Supervisor(job)
    try:
        made.start()
    except BaseException:  # also Ctrl-C: its files and its process end with it
        made.close()
        raise
    return made


def ahead(*modules: str) -> None:
    """Imports modules in a thread of its own; one that is not there is for whoever needs it to miss."""

    def all_of_them() -> None:
        for module in modules:
            with suppress(ImportError):
                import_module(module)

    Thread(target=all_of_them, daemon=True).start()
