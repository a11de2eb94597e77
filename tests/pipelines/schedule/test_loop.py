"""The loop: builds when they are due, one at a time, stopped at their deadline; made-up clocks, real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.recipe import Schedule
from pipelines.schedule import loop
from pipelines.schedule.loop import run_loop
from pipelines.schedule.scheduled import ScheduledBuild
from tests.factories import write_lines

START = datetime(2027, 3, 27, 12, tzinfo=UTC)


class EndOfTest(Exception):
    """No build is waited for any more."""


class Clock:
    """A clock that jumps to whatever is waited for, and on by what the process wrote: the minutes that it took."""

    def __init__(self, folder: Path, waits: int) -> None:
        self.time, self.folder, self.waits = START, folder, waits
        self.waited: list[str] = []

    def now(self) -> datetime:
        took = self.folder / "took"
        if took.exists():
            self.time += timedelta(minutes=int(took.read_text()))
            took.unlink()
        return self.time

    def wait(self, due: datetime) -> None:
        if len(self.waited) == self.waits:
            raise EndOfTest
        self.waited.append(due.astimezone(UTC).strftime("%d %H:%M"))
        self.time = max(self.time, due)


@dataclass(frozen=True)
class Scripted(ScheduledBuild):
    """A build that is another command."""

    script: str = ""

    def command(self) -> list[str]:
        return ["sh", "-c", self.script]


def scripted(folder: Path, name: str, cron: str, script: str, deadline: int | None = None) -> Scripted:
    schedule = Schedule(cron=cron, timezone="Europe/Berlin", deadline=deadline)
    return Scripted(name, folder / f"{name}.yaml", folder, schedule, 1 << 30, (), script=script)


def follow(folder: Path, builds: Sequence[ScheduledBuild], waits: int) -> tuple[list[str], list[str]]:
    """What the loop waits for, and what it says."""
    clock = Clock(folder, waits)
    said: list[str] = []
    with pytest.raises(EndOfTest):
        run_loop(builds, said.append, now=clock.now, wait=clock.wait)
    return clock.waited, said


def test_builds_run_when_they_are_due_also_over_a_change_of_clocks(tmp_path: Path) -> None:
    build = scripted(tmp_path, "night", "30 2 * * *", "echo x >> ran")
    waited, said = follow(tmp_path, [build], 3)
    assert waited == ["28 01:00", "29 00:30", "30 00:30"], "02:30 was left out on the 28th"
    assert (tmp_path / "ran").read_text() == "x\n" * 3
    assert said[0] == "night: next 2027-03-28 03:00:00 CEST"
    assert said[1].startswith("night: 2027-03-28 03:00:00 CEST done after ")
    assert said[1].endswith("; next 2027-03-29 02:30:00 CEST")


def test_what_a_build_lets_pass_is_left_out_and_others_wait_for_it(tmp_path: Path) -> None:
    slow = scripted(tmp_path, "slow", "0,30 * * * *", "echo slow >> ran; echo 95 > took")
    other = scripted(tmp_path, "other", "10 * * * *", "echo other >> ran; exit 3")
    waited, said = follow(tmp_path, [slow, other], 4)
    assert waited == ["27 12:10", "27 12:30", "27 13:10", "27 14:10"]
    assert (tmp_path / "ran").read_text().split() == ["other", "slow", "other", "other"]
    assert [line.split(" after ")[0] for line in said[2:4]] == [
        "other: 2027-03-27 13:10:00 CET failed with 3",
        "slow: 2027-03-27 13:30:00 CET done",
    ]


def test_once_ends_with_the_exit_code_of_the_build(tmp_path: Path) -> None:
    clock = Clock(tmp_path, 1)
    build = scripted(tmp_path, "one", "0 2 * * *", "exit 3")
    assert run_loop([build], lambda line: None, once=True, now=clock.now, wait=clock.wait) == 3


def test_a_deadline_ends_a_build_with_sigterm(tmp_path: Path) -> None:
    script = "trap 'echo asked > told; exit 143' TERM; sleep 60 & wait"
    assert loop.run(scripted(tmp_path, "late", "0 2 * * *", script, deadline=1)) == 143
    assert (tmp_path / "told").read_text() == "asked\n"


def test_who_does_not_listen_is_killed_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "STOP_SECONDS", 0.3)
    script = "trap '' TERM; sleep 60 & echo $! > child; wait; sleep 60"
    assert loop.run(scripted(tmp_path, "deaf", "0 2 * * *", script, deadline=1)) == 128 + signal.SIGKILL
    child, deadline = int((tmp_path / "child").read_text()), time.monotonic() + 20
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)  # whoever adopted it has yet to hear of its death
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_sleep_ends_when_the_time_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    times, naps = [START], []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        times[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(loop, "clock", lambda: times[0])
    monkeypatch.setattr(time, "sleep", nap)
    loop.sleep_until(START + timedelta(seconds=70))
    assert naps == [30, 30, 10]


def test_ctrl_c_stops_the_command_while_it_waits(tmp_path: Path) -> None:
    recipe = write_lines(tmp_path / "yearly.yaml", "name: yearly", 'schedule: {cron: "0 0 29 2 *"}')
    command = [sys.executable, "-m", "wavemill", "schedule", "run", str(recipe)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert running.stderr.readline().startswith("yearly: next ")
        running.send_signal(signal.SIGINT)
        running.wait(60)
    assert running.returncode == 130


LOOP = """
import sys
from pathlib import Path
from pipelines.interrupts import interruptible
from pipelines.recipe import Schedule
from pipelines.schedule.loop import run
from pipelines.schedule.scheduled import ScheduledBuild

class Scripted(ScheduledBuild):
    def command(self):
        return ["sh", "-c", "trap 'echo asked >> told; exit 143' TERM; echo > begun; sleep 60 & wait"]

here = Path.cwd()
with interruptible():
    sys.exit(run(Scripted("x", here / "x.yaml", here, Schedule(cron="0 2 * * *"), 1 << 30, ())))
"""


def test_a_signal_to_the_loop_reaches_its_build_once(tmp_path: Path) -> None:
    root = Path(loop.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", LOOP], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(root)}, start_new_session=True
    ) as running:
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists():
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGINT)
        running.wait(60)
    assert running.returncode == 130
    assert (tmp_path / "told").read_text() == "asked\n"


SLOW = """
import subprocess, time

class Slow(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        time.sleep(0.5)

subprocess.Popen = Slow
"""


def test_a_signal_that_comes_as_a_build_starts_stops_it(tmp_path: Path) -> None:
    """From the build itself, and before whoever starts it knows of it."""
    script = SLOW + LOOP.replace("echo > begun", "kill -INT $PPID")
    environment = os.environ | {"PYTHONPATH": str(Path(loop.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, timeout=60, check=False)
    assert done.returncode == 130
    assert (tmp_path / "told").read_text() == "asked\n"
