"""The same shard files from every way of building: inline, Dask here, Dask elsewhere, and after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.build import build
from tests.clusters import Cluster
from tests.pipelines.corpora import Tones, checksums

NOISE = "  - add_noise: {from: tones, snr_db: {uniform: [0, 20]}, act_on: all}\n"


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    tones = Tones(tmp_path, 30, more=NOISE)
    for number in range(300, 312):
        tones.add(number, seconds=60)
    return tones


@pytest.fixture
def expected(tones: Tones) -> dict[str, str]:
    build(tones.recipe(f"store.path={tones.folder}/inline"), "inline")
    found = tones.digests(tones.folder / "inline")
    assert len(found) > 3
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_local_dask(tones: Tones, expected: dict[str, str], workers: int) -> None:
    made = build(tones.recipe(), "local", workers)
    assert made.decoded == 42
    assert tones.digests() == expected


def test_a_scheduler_and_a_worker_started_by_hand(tones: Tones, expected: dict[str, str]) -> None:
    with Cluster(tones.folder) as cluster:
        cluster.add(nthreads=2)
        made = build(tones.recipe(), cluster.address)
    assert made.decoded == 42
    assert tones.digests() == expected


def test_after_the_whole_process_group_was_killed(tones: Tones, expected: dict[str, str]) -> None:
    tones.recipe()
    command = [sys.executable, "-m", "wavemill", "build", str(tones.folder / "recipe.yaml"), "--cluster", "local"]
    for shards in (1, 2):
        running = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
        receipts = tones.store / "tasks"
        deadline = time.monotonic() + 60
        while len(list(receipts.glob("*.json"))) < shards and running.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert not (tones.store / "generations").exists()
    made = build(tones.recipe(), "inline")
    assert made.shards_kept >= 2
    assert made.decoded < 42
    assert made.recordings == 42
    assert tones.digests() == expected


def test_a_row_is_the_same_in_arrow_and_in_tar(tones: Tones, expected: dict[str, str]) -> None:
    build(tones.recipe("store.format=tar"), "inline")
    assert checksums(tones.store) == checksums(tones.folder / "inline")
