"""Starts the same build many times at once: `python -m tests.chaos.starts --processes 8 --rounds 50`.

The processes wait, with their imports done, until all may go at the same moment. One of them must build, where there is
no store yet or one whose corpus has grown; each of the others must exit with 11 and name who has the store, or, when it
comes after that one has ended, find nothing to do. The store must be the one that a single build makes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from manifests.generation import numbers
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.verify import verify
from tests.chaos.command import build_command
from tests.chaos.full_disk import Grown, grow
from tests.chaos.kills import files_of

WAIT = """\
import sys
import pipelines.build, pipelines.commands.building, pipelines.recipe_file
from wavemill import main
print("ready", flush=True)
sys.stdin.read()
main()
"""
BUILT, CAME_AFTER, LOCKED = "built", "came after it and found nothing to do", "exited with 11 and named who has it"
HOLDER = re.compile(
    r"^wavemill: (.+) is in use by process (\d+) on \S+ since .+; wait for it, or stop it$", re.MULTILINE
)


def start(command: list[str], count: int) -> list[subprocess.Popen[str]]:
    """So many processes of a wavemill command, let go at the same moment."""
    wait, go = os.pipe()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WAIT, *command],
            stdin=wait,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    os.close(wait)
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
    os.close(go)
    return processes


def race(grown: Grown, store: Path, count: int) -> Counter[str]:
    """How each of so many builds ended that started at once; the assertion that one of them did the work."""
    _, _, module, *command = build_command(grown.recipe, store, "--cluster", "inline", "--json")
    assert module == "wavemill"
    ends, holders, named = Counter[str](), set(), set()
    for process in start(command, count):
        answer, said = process.communicate()
        if process.returncode == 0:
            ends[BUILT if json.loads(answer)["shards_built"] else CAME_AFTER] += 1
            holders.add(process.pid)
        else:
            found = HOLDER.search(said)
            assert process.returncode == 11, f"it exited with {process.returncode}: {said}"
            assert found, said
            assert found[1] == str(store)
            named.add(int(found[2]))
            ends[LOCKED] += 1
    assert ends[BUILT] == 1, ends
    assert named <= holders, "somebody was named who had not got the store"
    return ends


def check(store: Path, expected: Path) -> None:
    """The store is whole, and is what a single build makes."""
    found, single = Store.open(store), Store.open(expected)
    assert numbers(found.storage) == numbers(single.storage)
    assert found.generation.shards == single.generation.shards
    assert files_of(store) == files_of(expected)
    assert verify(LocalStorage(store), everything=True).damages == []


def rounds(grown: Grown, folder: Path, count: int, processes: int) -> Counter[str]:
    """So many races, in turn for a store that is not there yet and for one that is; how the builds ended."""
    fresh = folder / "fresh"
    assert grown.build(fresh).returncode == 0
    ends = Counter[str]()
    for number in range(count):
        store = folder / f"store-{number}"
        if number % 2:
            shutil.copytree(grown.before, store)
        ends += race(grown, store, processes)
        check(store, grown.after if number % 2 else fresh)
        shutil.rmtree(store)
    return ends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as place:
        grown = grow(Path(place, "made"))
        ends = rounds(grown, Path(place), options.rounds, options.processes)
    counted = ", ".join(f"{ends[end]} {end}" for end in (BUILT, LOCKED, CAME_AFTER))
    print(
        f"starts: {options.rounds} times {options.processes} builds at once: {counted}; "
        f"every store is what a single build makes; {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
