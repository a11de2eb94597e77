"""The builder as a process: `python -m pipelines.process`. A job on the first line of stdin, then tasks.

For each task one line goes back: {"result": ..}, {"out_of_memory": true}, {"unfit": ..} or {"error": ..}. Which row and
stage is being touched stands in a small file that both sides map, so that it is known after any death; the rows of
the task that are done stand in another one, from which the next builder goes on.
Limits are set, and what libraries read from the environment is there, before anything is imported.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import queue
import resource
import struct
import sys
import threading
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from pipelines.builder import Builder

PROGRESS = struct.Struct("<qq")
"""Row and stage; -1 between rows, and before the first stage. See pipelines.builder.Announce."""

OUT_OF_MEMORY, ENDED = 3, 0


def main() -> int:
    """Builds tasks until stdin ends. The parent's death closes stdin, and so ends this process too."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not reach the parent as an answer
    memory_bytes, progress = int(sys.argv[1]), os.open(sys.argv[2], os.O_RDWR)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    gc.set_threshold(50_000)  # as wavemill.main
    from pipelines.builder import Builder
    from pipelines.finished import Finished
    from pipelines.task import Job

    finished = Finished(sys.argv[3])
    shared = mmap.mmap(progress, PROGRESS.size)

    def announce(row: int, stage: int) -> None:
        PROGRESS.pack_into(shared, 0, row, stage)

    lines: queue.Queue[str] = queue.Queue()
    builder: Builder | None = None
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    while line := lines.get():
        if builder is None:
            job = Job.decode(line)
            if not job.plugins:
                _without_pandas()
            builder = Builder(job, announce, finished)
        elif not _build(builder, line, answers):
            return OUT_OF_MEMORY
    return ENDED


class _NoPandas:
    """A finder that says of pandas that it is not installed."""

    @staticmethod
    def find_spec(name: str, *where: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _without_pandas() -> None:
    """Arrow looks for pandas once, to know a Series when it sees one: its import would take a fifth of a second."""
    import pyarrow

    sys.meta_path.insert(0, _NoPandas)
    try:
        pyarrow.array([])
    finally:
        sys.meta_path.remove(_NoPandas)


def _read(lines: queue.Queue[str]) -> None:
    """Hands lines on; when the parent is gone the process ends at once, in the middle of a row as well."""
    for line in sys.stdin:
        lines.put(line)
    os._exit(ENDED)


def _build(builder: Builder, line: str, answers: TextIO) -> bool:
    """Builds one task and answers; False when memory ran out, after which the heap is not to be trusted."""
    from pipelines.errors import UnfitError
    from pipelines.task import Task

    answer: dict[str, object]
    try:
        answer = {"result": builder.build(Task.decode(line)).encode()}
    except MemoryError:
        answer = {"out_of_memory": True}
    except UnfitError as error:
        answer = {"unfit": str(error)}
    except Exception as error:  # every other failure is the build's, and the driver says so
        answer = {"error": _words(error)}
    print(json.dumps(answer), file=answers, flush=True)
    return "out_of_memory" not in answer


def _words(error: Exception) -> str:
    """What is to be said of a failure: for a bug also where it stands."""
    from manifests.errors import ManifestError
    from pipelines.errors import PipelineError

    if isinstance(error, (ManifestError, PipelineError)):
        return str(error)
    import traceback

    return f"{type(error).__name__}: {error}\n{traceback.format_exc()}"


if __name__ == "__main__":
    sys.exit(main())
