"""Supervisor: drives one builder process, and survives it.

A builder that dies, runs out of memory, or stays with one row beyond the limit is replaced; the row it was
touching is put in quarantine, with the stage and the reason, and the next builder goes on behind it.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from manifests.storage import room
from pipelines.errors import BuildError, UnfitError
from pipelines.interrupts import SIGNALS
from pipelines.process import PROGRESS
from pipelines.task import Job, Result, Task

ENVIRONMENT = {
    # one thread per library: builders share the cores, and threads would change the order of sums
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
    # freed arrays stay with the process: fresh pages for every clip cost a quarter of the time
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
    "MALLOC_TOP_PAD_": "67108864",
    "MALLOC_ARENA_MAX": "1",
    # Arrow's own pool reserves gigabytes of address space, which is what the limit counts
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "PYTHONUNBUFFERED": "1",
}
POLL_SECONDS = 0.25


class Supervisor:
    """One builder process for one job. `run` builds a task; `close` ends the process.

    `stop` may be called from another thread: a `run` that is under way then fails within POLL_SECONDS.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._stopped = False
        self._process: subprocess.Popen[str] | None = None
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115, closed by `close`
        self._progress = tempfile.NamedTemporaryFile(prefix="wavemill-")  # noqa: SIM115, closed by `close`
        with room(self._progress.name):  # written, and not cut to size: a mapped hole on a full disk is a bus error
            self._progress.write(bytes(PROGRESS.size))
            self._progress.flush()
        self._shared = mmap.mmap(self._progress.fileno(), PROGRESS.size)
        self._finished = tempfile.NamedTemporaryFile(prefix="wavemill-")  # noqa: SIM115, closed by `close`

    def start(self) -> None:
        """Starts the builder, whose imports then run beside whatever the caller does next.

        Signals to a whole process group must not reach it: its death would be blamed on the recording that it
        touches. It inherits them blocked, and ends when its parent kills it or is gone.
        """
        PROGRESS.pack_into(self._shared, 0, -1, -1)
        self._forget_errors()
        files = (self._progress.name, self._finished.name)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.process", str(self.job.memory_bytes), *files],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                env=os.environ | ENVIRONMENT,
                cwd=Path(__file__).parent.parent,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._send(self.job.encode())

    def run(self, task: Task) -> Result:
        """What the task made; BuildError when it cannot be made, for another reason than one of its rows.

        UnfitError where it can be made elsewhere, but not here.
        """
        quarantine, restarts, memory = dict(task.quarantine), 0, self.job.memory_bytes / 2**30
        while True:
            self._check()
            if self._process is None:
                self.start()
            PROGRESS.pack_into(self._shared, 0, -1, -1)
            self._send(replace(task, quarantine=quarantine).encode())
            answer = self._answer()
            if isinstance(answer, dict) and "result" in answer:
                self._forget_errors()
                return replace(Result.decode(answer["result"]), restarts=restarts)
            if isinstance(answer, dict) and "unfit" in answer:
                raise UnfitError(answer["unfit"])
            if isinstance(answer, dict) and "error" in answer:
                raise BuildError(answer["error"])
            reason = answer if isinstance(answer, str) else f"it took more than {memory:.3g} GiB (limits.memory)"
            key, stage = self._touched(task)
            complaint = self._end()
            if key is None or key in quarantine:
                raise BuildError(f"a builder ended between recordings: {reason}\n{complaint}")
            quarantine[key] = (stage, f"quarantined: {reason}")
            restarts += 1

    def stop(self) -> None:
        """Makes `run` fail, now or later. Whoever runs it closes the supervisor afterwards."""
        self._stopped = True

    def close(self) -> None:
        """Ends the builder and forgets its files."""
        self._end()
        self._errors.close()
        self._shared.close()
        self._progress.close()
        self._finished.close()

    def _forget_errors(self) -> None:
        """Decoders grumble about every other MP3: what they wrote is of use only where a builder dies."""
        self._errors.seek(0)
        self._errors.truncate()

    def _check(self) -> None:
        if self._stopped:
            raise BuildError("the build was stopped")

    def _send(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it died; `_answer` finds out, and says how
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _answer(self) -> dict[str, str] | str:
        """What the builder says, or in words how it ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        seen, since = -1, time.monotonic()
        while True:
            ready, _, _ = select.select([self._process.stdout], [], [], POLL_SECONDS)
            self._check()
            if ready:
                line = self._process.stdout.readline()
                if line:
                    found: dict[str, str] = json.loads(line)
                    return found
                return _death(self._process.wait())
            row, _ = PROGRESS.unpack_from(self._shared)
            if row != seen:
                seen, since = row, time.monotonic()
            elif row >= 0 and time.monotonic() - since > self.job.row_seconds:
                self._process.kill()
                return f"it took more than {self.job.row_seconds:g} s (limits.seconds)"

    def _touched(self, task: Task) -> tuple[str | None, str]:
        """The key of the row that was being touched, and the name of the stage; stages have reading before them."""
        row, stage = PROGRESS.unpack_from(self._shared)
        if not 0 <= row < len(task.rows):
            return None, ""
        stages = ["reading", *(next(iter(described)) for described in self.job.stages), "encoding"]
        return task.rows[row].key, stages[stage + 1]

    def _end(self) -> str:
        """Ends the process; the last of what it wrote on stderr."""
        if self._process is None:
            return ""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        with suppress(BrokenPipeError):  # what was still buffered is for nobody now
            self._process.stdin.close()
        self._process = None
        self._errors.seek(0)
        return self._errors.read()[-2000:].strip()


def _death(code: int) -> str:
    if code < 0:
        return f"the builder died of {signal.Signals(-code).name}"
    return f"the builder exited with {code}"
