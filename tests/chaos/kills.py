"""Kills the whole process group of a real build, again and again: `python -m tests.chaos.kills --kills 200`.

Each build starts on what the one before it left behind, is killed at a random moment after its builders began to
write, and is looked at while it is dead. When a store is complete it is compared with an undisturbed one, and the
next one begins. A kill counts only when it landed while builders worked: when shards were still missing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from manifests.generation import numbers
from manifests.storage import LocalStorage, file_digest
from manifests.store import Store
from pipelines.build import build
from pipelines.verify import damages
from tests.pipelines.corpora import Tones, checksums

LONG, SECONDS = 40, 30.0


def corpus(folder: Path) -> Tones:
    """Enough audio for a dozen shards, each of which takes a moment."""
    tones = Tones(folder, 40, more="  - add_noise: {from: tones, snr_db: {uniform: [0, 20]}, act_on: all}\n")
    for number in range(100, 100 + LONG):
        tones.add(number, SECONDS)
    tones.recipe()
    return tones


def start(tones: Tones, cluster: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "wavemill", "build", str(tones.folder / "recipe.yaml"), "--cluster", cluster]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def receipts(tones: Tones) -> set[str]:
    return {path.name for path in (tones.store / "tasks").glob("*.json")}


def unfinished(tones: Tones) -> set[str]:
    return {path.name for path in (tones.store / "shards").glob(".tmp-*")}


def strike(tones: Tones, cluster: str, rng: random.Random) -> str:
    """Starts a build and kills its process group; which phase it was in, "too late" when it had ended."""
    before, left = receipts(tones), unfinished(tones)
    running = start(tones, cluster)
    deadline = time.monotonic() + 120
    while running.poll() is None and unfinished(tones) == left and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(rng.uniform(0.0, 0.8))
    if running.poll() is not None:
        return "too late"
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    if numbers(LocalStorage(tones.store)):
        return "after the commit"
    if not before <= receipts(tones):
        raise AssertionError("a receipt is gone")
    return "writing a shard" if unfinished(tones) - left else "between shards"


def inspect(tones: Tones, expected: dict[str, str]) -> None:
    """What lies under a final name is whole, and what it should be."""
    for path in (tones.store / "shards").glob("*.arrow"):
        assert file_digest(path) == expected[f"shards/{path.name}"], path
    for path in (tones.store / "tasks").glob("*.json"):
        json.loads(path.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng, phases, redone = random.Random(options.seed), Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as place:
        tones = corpus(Path(place))
        build(tones.recipe(f"store.path={tones.folder}/expected"), "inline")
        expected = tones.digests(tones.folder / "expected")
        rows = checksums(tones.folder / "expected")
        stores = 0
        while sum(phases.values()) - phases["too late"] - phases["after the commit"] < options.kills:
            phase = strike(tones, rng.choice(("inline", "local")), rng)
            phases[phase] += 1
            inspect(tones, expected)
            if phase in ("too late", "after the commit") or rng.random() < 0.2:
                done = len(receipts(tones))
                made = build(tones.recipe(), "inline")
                redone += made.shards_built - (len(expected) - done)
                assert tones.digests() == expected
                assert checksums(tones.store) == rows
                assert list(damages(Store.open(tones.store))) == []
                shutil.rmtree(tones.store)
                stores += 1
    counted = ", ".join(f"{count} {phase}" for phase, count in phases.most_common())
    print(
        f"kills: {counted}; {stores} stores completed: 0 lost, 0 duplicated, shards identical, "
        f"{redone} shards with a receipt built again"
    )


if __name__ == "__main__":
    main()
