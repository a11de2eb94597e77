"""What a corpus that grows or changes a little costs: `python -m benchmarks.growth --recordings 10000`.

Builds a corpus of short recordings, and then again after nothing has changed, after it has grown by 1 %, after 1 % of
its recordings, scattered over all shards, were edited, and after 1 % were deleted. Each step says how many recordings
were decoded and copied, how much was written, and what it took beside the full build: seconds on the clock, and seconds
of all processors. What a build takes that has nothing to do, to start and to list, is in each of them. The store that
comes of it is compared with one that is built from the same corpus at once.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from manifests.store import Store
from pipelines.build import Summary, build
from pipelines.recipe_file import load_recipe

RECIPE = """\
name: growing
corpora:
  clips: {{reader: folder, root: "{root}/corpus"}}
source: [clips]
split: {{by: key, valid: 0.05, test: 0.05}}
stages:
  - decode: {{channels: mono}}
  - resample: {{sample_rate: 16000}}
  - log_mel: {{}}
store: {{path: "{root}/{store}", keep: {{log_mel: float16, audio: flac}}, shard_bytes: {shard_mib} MiB}}
"""
SAMPLE_RATE = 16_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What a build took, in seconds: on the clock, and of all processors."""

    wall: float
    cpu: float


class Corpus:
    """Coloured noise, in each file `seconds` more or less, in folders of a thousand."""

    def __init__(self, root: Path, seconds: float) -> None:
        self.root, self.seconds, self.clock = root, seconds, 1_700_000_000

    def write(self, number: int, seed: int) -> None:
        """Audio that `number` and `seed` decide; the file was not modified just now, which would be read again."""
        rng = np.random.default_rng((number, seed))
        noise = rng.normal(size=int(SAMPLE_RATE * self.seconds * rng.uniform(0.7, 1.3)))
        path = self._path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.02 * np.convolve(noise, np.ones(16), "same"), SAMPLE_RATE)
        self.clock += 1
        os.utime(path, (self.clock, self.clock))

    def delete(self, number: int) -> None:
        self._path(number).unlink()

    def _path(self, number: int) -> Path:
        return self.root / "corpus" / f"{number // 1000:04d}" / f"{number:07d}.wav"


def cpu_seconds() -> float:
    """Of this process, and of the builders that it has had."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(found.ru_utime + found.ru_stime for found in used)


def timed(root: Path, store: str, shard_mib: int) -> tuple[Summary, Cost]:
    """Builds with one builder process."""
    recipe = root / f"{store}.yaml"
    recipe.write_text(RECIPE.format(root=root, store=store, shard_mib=shard_mib))
    wall, cpu = time.perf_counter(), cpu_seconds()
    made = build(load_recipe(recipe), "inline")
    return made, Cost(time.perf_counter() - wall, cpu_seconds() - cpu)


def shards(store: Path) -> dict[str, int]:
    """The bytes of each shard that readers see."""
    return {entry.index: entry.shard_bytes for entry in Store.open(store).generation.shards}


def checksums(store: Path) -> dict[str, str]:
    """Each recording's checksum: what the store holds, however it came about."""
    opened = Store.open(store)
    tables = [opened.index(entry, ["key", "checksum"]) for entry in opened.generation.shards]
    return {row["key"]: row["checksum"] for table in tables for row in table.to_pylist()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a recording, on average")
    parser.add_argument("--shard-mib", type=int, default=4)
    options = parser.parse_args()
    count, few = options.recordings, options.recordings // 100
    with tempfile.TemporaryDirectory(prefix="wavemill-growth-") as place:
        root = Path(place)
        corpus, scattered = Corpus(root, options.seconds), np.random.default_rng(1).permutation(count)
        for number in range(count):
            corpus.write(number, 0)
        steps = {
            "full build": lambda: None,
            "nothing changed": lambda: None,
            "grown by 1 %": lambda: [corpus.write(count + number, 0) for number in range(few)],
            "1 % edited": lambda: [corpus.write(int(number), 1) for number in scattered[:few]],
            "1 % deleted": lambda: [corpus.delete(int(number)) for number in scattered[few : 2 * few]],
        }
        full, before = None, set[str]()
        for name, change in steps.items():
            change()
            made, cost = timed(root, "store", options.shard_mib)
            full, there = full or cost, shards(root / "store")
            written = sum(size for index, size in there.items() if index not in before) / 1e6
            before = set(there)
            print(
                f"{name}: {made.decoded} decoded, {made.copied} copied; {made.shards_built} shards written "
                f"({written:.0f} MB), {made.shards_kept} kept; {cost.wall:.1f} s ({cost.wall / full.wall:.1%}), "
                f"processors {cost.cpu:.1f} s ({cost.cpu / full.cpu:.1%})",
                flush=True,
            )
        timed(root, "fresh", options.shard_mib)
        assert checksums(root / "store") == checksums(root / "fresh"), "the store is not what a fresh build gives"
        print("the store holds what a fresh build of the corpus gives")


if __name__ == "__main__":
    main()
