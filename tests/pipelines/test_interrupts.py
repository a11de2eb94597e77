"""A build that is asked to stop ends in order: nothing half, its note says so, and the next one goes on there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from manifests.storage import LocalStorage
from pipelines.build import build
from pipelines.interrupts import SAME_SECONDS
from pipelines.runs import read_notes
from tests.factories import write_lines
from tests.pipelines.corpora import Tones, fates

PLUGIN = """\
import os, time
from features.stage import Transform

class Patient(Transform):
    name = "patient"

    def transform(self, value, draws):
        receipts = os.environ.get("RECEIPTS")
        if receipts and os.path.isdir(receipts) and len(os.listdir(receipts)) >= 2:
            time.sleep(3600)
        return value
"""
ENDS_WITHIN = 30


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    """Two shards that are soon done, and others that never are while RECEIPTS is set."""
    write_lines(tmp_path / "patient.py", PLUGIN)
    tones = Tones(tmp_path, 8, more="  - patient: {}\n", tail="plugins: [patient.py]\nlimits: {seconds: 3600}\n")
    for number in range(300, 308):
        tones.add(number, seconds=60)
    return tones


@contextmanager
def started(tones: Tones, cluster: str) -> Iterator[subprocess.Popen[str]]:
    """A build, in a process group of its own, that has done two shards and is at work on another."""
    recipe = tones.recipe().path
    command = [sys.executable, "-m", "wavemill", "build", str(recipe), "--cluster", cluster, "--workers", "2"]
    running = subprocess.Popen(
        command,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"RECEIPTS": str(tones.store / "tasks")},
    )
    try:
        deadline = time.monotonic() + 120
        while len(list((tones.store / "tasks").glob("*.json"))) < 2:
            assert running.poll() is None, running.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()


def alive(group: int) -> list[str]:
    """The processes of a group that have not ended."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return [args for pgid, stat, args in rows if int(pgid) == group and not stat.startswith("Z")]


@pytest.mark.parametrize(
    ("cluster", "number", "code"), [("inline", signal.SIGTERM, 143), ("local", signal.SIGINT, 130)]
)
def test_a_signal_to_the_whole_group_ends_the_build_in_order(
    tones: Tones, cluster: str, number: signal.Signals, code: int
) -> None:
    with started(tones, cluster) as running:
        assert len(alive(running.pid)) > 1, "the builders are there to be stopped"
        os.killpg(running.pid, number)
        _, said = running.communicate(timeout=ENDS_WITHIN)
        assert running.returncode == code
        assert not alive(running.pid)
    recipe = tones.folder / "recipe.yaml"
    expected = f"{recipe}: stopped by {number.name}; finished shards are kept, and the next build goes on there\n"
    assert said.endswith(expected), "after what Dask may have to say of a task that it lost"
    assert "Traceback" not in said
    (note,) = read_notes(LocalStorage(tones.store))
    assert (note["outcome"], note["exit_code"], note["generation_after"]) == ("interrupted", code, None)
    assert note["error"] == f"stopped by {number.name}"
    assert not (tones.store / "generations").exists()

    made = build(tones.recipe(), "inline")
    assert made.shards_kept >= 2
    assert (made.recordings, made.produced, made.rejected) == (16, 16, 0), "nobody was blamed for the signal"
    assert set(fates(tones.store).values()) == {("produced", None, None)}
    build(tones.recipe(f"store.path={tones.folder}/undisturbed"), "inline")
    assert tones.digests() == tones.digests(tones.folder / "undisturbed")


def test_a_second_signal_ends_at_once(tones: Tones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tones.folder)
    tones.tail += 'notify: {command: [sh, -c, "cat > heard.new; mv heard.new heard.json; exec sleep 14"]}\n'
    heard = tones.folder / "heard.json"
    with started(tones, "inline") as running:
        os.kill(running.pid, signal.SIGTERM)
        os.kill(running.pid, signal.SIGTERM)  # the same request, twice
        deadline = time.monotonic() + ENDS_WITHIN
        while not heard.exists():
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(SAME_SECONDS + 0.1)
        os.kill(running.pid, signal.SIGTERM)
        running.wait(timeout=ENDS_WITHIN)
        assert running.returncode == -signal.SIGTERM, "it was ended, and did not exit"
    assert json.loads(heard.read_text())["outcome"] == "interrupted"


def test_who_hangs_while_ending_is_ended_by_the_kernel() -> None:
    code = """
import os, signal, time
from pipelines import interrupts
interrupts.GRACE_SECONDS = 1
try:
    with interrupts.interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
except SystemExit as stopped:
    print(stopped.code, flush=True)
    time.sleep(60)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("143\n", -signal.SIGALRM)
