"""What builds cost at their edges: `python -m benchmarks.limits [NAME ..] --work FOLDER [--peers VENV] [--rounds 5]`

- small: seconds of `wavemill build` of 100 clips, from typing it to its end.
- parts: seconds of a build of 10 s each of one file of 3 hours.
- memory: the largest process of a build of 1 hour, of 20 hours, and of one file of 3 hours.
- cores: how much faster two builders are than one, beside the same of the floor (needs --peers).
- share: how much of a builder's CPU time goes into hashing, the index, and waiting for the disk, by a profile.
- verify: bytes a second that `wavemill verify` reads and hashes.
- scheduler: how long builders wait for their next shard where Dask hands out 100 to 10,000 small ones.
- plan: seconds and memory of planning a million rows (benchmarks/plan.py).

They use the corpus of benchmarks/builds.py, which lies in FOLDER, or is spoken there. Without NAME, all.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from copy import copy
from itertools import cycle
from pathlib import Path
from statistics import median

import numpy as np
import soundfile

from benchmarks.builds import RECIPE, Bench
from benchmarks.speech_corpus import write
from benchmarks.wavemill_runs import row
from manifests.storage import LocalStorage
from pipelines.build import build
from pipelines.recipe_file import load_recipe
from pipelines.runs import read_notes
from tests.pipelines.in_process import in_process

SMALL, HOURS, LONG_HOURS, ROWS = 100, 20, 3, 1_000_000
HASHING = ("xxh", "row_checksum", "content_of", "file_digest")
INDEXING = ("manifests/index.py",)


def linked(bench: Bench, name: str, count: int) -> str:
    """A folder of the corpus with so many clips of 16 kHz, each linked as often as it takes; its name."""
    folder = bench.work / "corpus" / name
    if not folder.exists():
        folder.mkdir()
        clips = sorted((bench.work / "corpus/flac16").iterdir())
        for number in range(count):
            os.link(clips[number % len(clips)], folder / f"{number:06}.flac")
    return name


def hours_of(bench: Bench) -> float:
    """The hours of the corpus."""
    return sum(soundfile.info(clip).duration for clip in (bench.work / "corpus/flac16").iterdir()) / 3600


def of_hours(bench: Bench, hours: int) -> str:
    """A folder of the corpus with about so many hours; its name."""
    clips = len(list((bench.work / "corpus/flac16").iterdir()))
    return linked(bench, f"hours{hours}", round(clips * hours / hours_of(bench)))


def small(bench: Bench, rounds: int) -> None:
    name = linked(bench, "small", SMALL)
    found = [bench.seconds("wavemill", name) for _ in range(rounds)]
    row(
        f"build of {SMALL} clips, from typing to done",
        f"{median(found):.2f} s",
        f"{min(found):.2f} to {max(found):.2f}",
    )


def long_file(bench: Bench) -> Path:
    """One file of some hours, in the folder `long` of the corpus beside short ones."""
    path = bench.work / "corpus" / linked(bench, "long", SMALL) / "long.flac"
    if not path.exists():
        with soundfile.SoundFile(path, "w", 16000, 1, "PCM_16") as sink:
            for clip in cycle(sorted((bench.work / "corpus/flac16").iterdir())):
                sink.write(soundfile.read(clip, dtype="int16")[0])
                if sink.frames >= LONG_HOURS * 3600 * 16000:
                    break
    return path


def parts(bench: Bench, rounds: int) -> None:
    folder, other = bench.work / "corpus/parts", copy(bench)
    if not folder.exists():
        folder.mkdir()
        os.link(long_file(bench), folder / "long.flac")
        rows = [f"long.flac,{10 * number},10" for number in range(LONG_HOURS * 360)]
        (folder / "rows.csv").write_text("\n".join(["path,start,seconds", *rows]), "utf-8")
    other.recipe = bench.work / "parts.yaml"
    other.recipe.write_text(RECIPE.replace("folder, root", "table, path: rows.csv, root"), "utf-8")
    found = [other.seconds("wavemill", folder.name) for _ in range(rounds)]
    row(f"build of {LONG_HOURS * 360:,} parts of one file of {LONG_HOURS} h", f"{median(found):.2f} s", "")


def memory(bench: Bench, rounds: int) -> None:
    long_file(bench)
    folders = {f"{hours} h": of_hours(bench, hours) for hours in (1, HOURS)}
    for what, name in {**folders, f"one file of {LONG_HOURS} h among short ones": "long"}.items():
        row(f"largest process, {what}", f"{_peak(bench, name):.0f} MiB", "")


def _peak(bench: Bench, name: str) -> float:
    """MiB of the largest process of a build: of the driver, which knows what its builders took at most."""
    code = "import re, resource, sys; from wavemill import cli; cli.main(sys.argv[1:], standalone_mode=False); "
    code += "own = int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]); "
    code += "print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))"
    shutil.rmtree(bench.out("wavemill"), ignore_errors=True)
    command = [sys.executable, "-c", code, "build", bench.recipe, "--out", bench.out("wavemill"), "--workers", "2"]
    environment = {**os.environ, "CLIPS": str(bench.work / "corpus" / name)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def cores(bench: Bench, rounds: int) -> None:
    gains: dict[str, list[float]] = {"wavemill": [], "floor": []}
    for _ in range(rounds):
        for who, found in gains.items():
            one, two = (_extra(bench, who, jobs) for jobs in (1, 2))
            found.append(one / two)
    ratio = median(a / b for a, b in zip(gains["wavemill"], gains["floor"], strict=True))
    said = f"wavemill {median(gains['wavemill']):.2f}, floor {median(gains['floor']):.2f}"
    row("two builders are times as fast as one", said, f"ratio {ratio:.2f}")


def _extra(bench: Bench, who: str, jobs: int) -> float:
    return bench.seconds(who, "flac16", jobs) - bench.seconds(who, "flac16-short", jobs)


def share(bench: Bench, rounds: int) -> None:
    os.environ["CLIPS"] = str(bench.work / "corpus/flac16")
    shutil.rmtree(bench.out("share"), ignore_errors=True)
    recipe, profile = load_recipe(str(bench.recipe), [f"store.path={bench.out('share')}"]), cProfile.Profile()
    with in_process():
        before = resource.getrusage(resource.RUSAGE_SELF)
        profile.runcall(build, recipe, "inline")
        after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    spent = dict.fromkeys(("hashing", "the index", "waiting for the disk (fsync, on the clock)"), 0.0)
    for (file, _, function), (_, _, own, through, _) in pstats.Stats(profile).stats.items():
        if any(part in function for part in HASHING) and "xxh" in f"{file} {function}":
            spent["hashing"] += own
        elif file.endswith(INDEXING) and function in ("encode", "decode"):
            spent["the index"] += through
        elif "fsync" in function and "posix" in function:
            spent["waiting for the disk (fsync, on the clock)"] += own
    for what, seconds in spent.items():
        row(f"of the builder's CPU time, {what}", f"{seconds / cpu:.1%}", f"{seconds:.2f} of {cpu:.2f} s")


def verify(bench: Bench, rounds: int) -> None:
    bench.seconds("wavemill", of_hours(bench, HOURS))
    store = bench.out("wavemill")
    size = sum(path.stat().st_size for path in (store / "shards").iterdir())
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "wavemill", "verify", str(store)], check=True, stdout=subprocess.DEVNULL)
        found.append(time.perf_counter() - began)
    row(
        "verify, imports and all",
        f"{size / median(found) / 1e9:.2f} GB/s",
        f"{size / 1e6:.0f} MB in {median(found):.2f} s",
    )


def scheduler(bench: Bench, rounds: int) -> None:
    for count in (100, 1000, 10_000):
        folder = bench.work / "corpus" / f"tiny{count}"
        if not folder.exists():
            folder.mkdir()
            noise = np.random.default_rng(0).integers(-999, 999, 1600).astype(np.int16)
            for number in range(count):
                soundfile.write(folder / f"{number:06}.wav", np.roll(noise, number), 16000)
        options = ("--cluster", "local", "--set", "store.shard_bytes=1024")
        bench.seconds("wavemill", folder.name, 2, *options)
        note = next(iter(read_notes(LocalStorage(bench.out("wavemill")))))
        there, busy = 2 * note["seconds"]["build"], note["builders"]["seconds"]
        after = note["seconds"]["commit"] + note["seconds"]["report"]
        row(
            f"{count:,} shards of a clip of 0.1 s each, through Dask",
            f"{note['seconds']['build']:.1f} s; commit and report {after:.1f} s",
            f"two builders wait {1 - busy / there:.0%} of it, {1000 * (there - busy) / count:.1f} ms a shard",
        )


def plan(bench: Bench, rounds: int) -> None:
    command = [sys.executable, "-m", "benchmarks.plan", "--rows", str(ROWS)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    row(f"plan of {ROWS:,} rows", f"{found['seconds']:.1f} s", f"{found['peak_megabytes']} MiB at most")


FIGURES = {
    "small": small,
    "parts": parts,
    "memory": memory,
    "cores": cores,
    "share": share,
    "verify": verify,
    "scheduler": scheduler,
    "plan": plan,
}


def table(bench: Bench, rounds: int, names: Sequence[str] = tuple(FIGURES)) -> None:
    """Prints a row or more for each name."""
    row("what", "measured", "")
    row(*["---"] * 3)
    for name in names:
        FIGURES[name](bench, rounds)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("figures", nargs="*", metavar="NAME", help=f"Of {', '.join(FIGURES)}.")
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--peers", type=Path, default=Path("peers"))
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--clips", type=int, default=1440)
    chosen = options.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    write(chosen.work / "corpus", chosen.clips)
    bench = Bench(chosen.peers, chosen.work.resolve(), 2)
    table(bench, chosen.rounds, chosen.figures or list(FIGURES))


if __name__ == "__main__":
    main()
