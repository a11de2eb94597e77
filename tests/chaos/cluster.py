"""A cluster whose workers die and come, again and again: `python -m tests.chaos.cluster --rounds 8`.

In each round a scheduler and three workers, processes of their own, build a store. Every few seconds the whole process
group of one worker is killed and another one started; on the first time one more than was lost joins. What was built
is compared with an undisturbed build. Builders write down each recording that they take up, which tells what was done
again.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from manifests.store import Store
from pipelines.build import build
from pipelines.verify import damages
from tests.clusters import Cluster
from tests.factories import write_lines
from tests.pipelines.corpora import Tones, checksums

WORKERS = 3
SMALL_SHARDS = "store.shard_bytes=400 kB"
PLUGIN = """\
import os, time
from features.stage import Transform

class Slow(Transform):
    name = "slow"

    def transform(self, value, draws):
        if "TAKEN_UP" in os.environ:
            with open(os.environ["TAKEN_UP"], "ab", buffering=0) as sink:
                sink.write(b"%d " % os.getpgrp())
            time.sleep(float(os.environ["SLOW"]))
        return value
"""


@dataclass
class Lost:
    """What a round cost: workers killed, workers that joined, recordings that were taken up more than once."""

    killed: int = 0
    joined: int = 0
    again: int = 0


def corpus(folder: Path, recordings: int) -> Tones:
    """A few recordings of half a minute fill a shard."""
    write_lines(folder / "slow.py", PLUGIN)
    more = "  - slow: {}\n  - add_noise: {from: tones, snr_db: {uniform: [0, 20]}, act_on: all}\n"
    tones = Tones(folder, 0, more=more, tail="plugins: [slow.py]\n")
    for number in range(recordings):
        tones.add(number, 30.0)
    build(tones.recipe(SMALL_SHARDS, f"store.path={folder}/expected"), "inline")
    return tones


def disturb(tones: Tones, every: float, slow: float, rng: random.Random, most: int = 1000, nanny: bool = True) -> Lost:
    """Builds the store of the corpus on a cluster that loses a worker every so many seconds; AssertionError.

    Builders wait for `slow` seconds with each recording; at `most` so many workers are killed.
    """
    lost, log = Lost(), tones.folder / "taken-up"
    log.write_text("")
    with Cluster(tones.folder, variables={"TAKEN_UP": str(log), "SLOW": str(slow)}, nanny=nanny) as cluster:
        for _ in range(WORKERS):
            cluster.add()
        with _killing(cluster, log, every, most, rng, lost):
            made = build(tones.recipe(SMALL_SHARDS), cluster.address)
    lost.again = len(log.read_text().split()) - made.recordings
    expected = tones.folder / "expected"
    assert tones.digests() == tones.digests(expected)
    assert checksums(tones.store) == checksums(expected)
    assert keys(tones.store) == keys(expected)
    assert list(damages(Store.open(tones.store))) == []
    return lost


@contextmanager
def _killing(cluster: Cluster, log: Path, every: float, most: int, rng: random.Random, lost: Lost) -> Iterator[None]:
    """Kills and replaces a worker every so many seconds, one of those that have taken up a recording."""
    ended = threading.Event()

    def kill() -> None:
        while lost.killed < most and not ended.wait(every):
            seen = set(log.read_text().split())
            at_work = [worker for worker in cluster.workers if str(worker.pid) in seen]
            if not at_work:
                continue
            cluster.kill(rng.choice(at_work))
            lost.killed += 1
            for _ in range(1 if lost.joined else 2):
                cluster.add()
                lost.joined += 1

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        yield
    finally:
        ended.set()
        killing.join()


def keys(store: Path) -> Counter[str]:
    """How often each recording stands in the indexes of a store."""
    opened = Store.open(store)
    tables = [opened.index(entry, ["key"]) for entry in opened.generation.shards]
    return Counter(key for table in tables for key in table["key"].to_pylist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng, total, shards = random.Random(options.seed), Lost(), 0
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as place:
            tones = corpus(Path(place), 60)
            lost = disturb(tones, every=4.0, slow=0.4, rng=rng)
            shards += len(tones.digests())
        total = Lost(total.killed + lost.killed, total.joined + lost.joined, total.again + lost.again)
    print(
        f"cluster: {options.rounds} builds of {shards} shards, {total.killed} workers killed, {total.joined} joined: "
        f"0 lost, 0 duplicated, shards identical, {total.again} recordings taken up again"
    )


if __name__ == "__main__":
    main()
