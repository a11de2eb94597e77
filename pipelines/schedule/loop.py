"""Loop: a scheduler for a laptop or a container. It sleeps until a build is due, and runs one at a time.

Each build is a process of its own, which leaves its own note; what comes due meanwhile waits, and starts once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from pipelines.interrupts import SIGNALS, Interrupted
from pipelines.schedule.scheduled import ScheduledBuild
from pipelines.units import format_duration

STOP_SECONDS = 40
"""From SIGTERM to SIGKILL: a build ends within 30 s."""

NAP_SECONDS = 30.0
"""A machine may sleep, and its clock be set: so the time is looked at now and then."""


def clock() -> datetime:
    return datetime.now(UTC)


def sleep_until(due: datetime) -> None:
    while (left := (due - clock()).total_seconds()) > 0:
        time.sleep(min(left, NAP_SECONDS))


def run_loop(
    builds: Sequence[ScheduledBuild],
    say: Callable[[str], None],
    once: bool = False,
    now: Callable[[], datetime] = clock,
    wait: Callable[[datetime], None] = sleep_until,
) -> int:
    """Runs the builds when they are due; with `once` a single one. The exit code of the last one.

    The times that a build itself lets pass are left out.
    """
    due = [build.next(now()) for build in builds]
    for build, when in zip(builds, due, strict=True):
        say(f"{build.name}: next {_local(when)}")
    while True:
        number = due.index(min(due))
        build = builds[number]
        wait(due[number])
        began, since = now().astimezone(due[number].tzinfo), time.monotonic()
        code = run(build)
        due[number] = build.next(now())
        ended = "done" if code == 0 else f"failed with {code}"
        took = format_duration(time.monotonic() - since)
        say(f"{build.name}: {_local(began)} {ended} after {took}; next {_local(due[number])}")
        if once:
            return code


def run(build: ScheduledBuild) -> int:
    """Runs a build, stopped at its deadline and when this process is; its exit code, 128 + n for signal n.

    It has a session of its own, so that Ctrl-C reaches it once, from here: not before it is known, or it would go on.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    as_before = partial(signal.pthread_sigmask, signal.SIG_SETMASK, before)
    try:
        process = subprocess.Popen(build.command(), cwd=build.folder, start_new_session=True, preexec_fn=as_before)
    except BaseException:
        as_before()
        raise
    try:
        as_before()
        code = process.wait(build.schedule.deadline)
    except subprocess.TimeoutExpired:
        code = _stop(process)
    except Interrupted:
        _stop(process)
        raise
    return code if code >= 0 else 128 - code


def _stop(process: subprocess.Popen[bytes]) -> int:
    """SIGTERM, and SIGKILL for the whole session where that is not enough."""
    process.terminate()
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def _local(when: datetime) -> str:
    """A time with its zone."""
    return f"{when:%Y-%m-%d %H:%M:%S %Z}"
