"""Builds that run out of disk, at many points: `python -m tests.chaos.full_disk --points 20`.

A store of one generation lies on a tmpfs that has less room than the next one takes, in a mount namespace of its own
where the system allows one. Then, in any folder, the disk is full at each failpoint. Each time the build must fail with
a clear error, readers must find a whole generation, and the same build must come to the same bytes once there is room.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from manifests.failpoints import PLACES, VARIABLE
from manifests.storage import TEMPORARY, LocalStorage
from manifests.store import Store
from pipelines.gc import collect
from pipelines.verify import verify
from tests.chaos.command import build_command
from tests.chaos.kills import files_of
from tests.pipelines.corpora import Tones
from tests.pipelines.grown import read_all

PAGE = os.sysconf("SC_PAGE_SIZE")
ROOMY = 64 << 20
BUILDERS = {"inline": 1, "local": 2}
BEFORE, AFTER = "the generation before", "the new one, whole"
TOLD = "No space left on device: free some space there and run this again; what is finished is kept"
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


@dataclass
class Grown:
    """A corpus that has grown, with a store of what it was, and what an undisturbed build made of that."""

    recipe: Path
    before: Path
    after: Path

    def fail(self, store: Path, cluster: str, failpoint: str = "") -> str:
        """A build that has too little room; which generation readers find then."""
        done = self.build(store, cluster, failpoint)
        assert done.returncode == 1, f"it exited with {done.returncode}: {done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        told = rf"^wavemill: (\S+: )?{re.escape(str(store))}\S*: {TOLD}$"  # a Dask worker is named, too
        assert len(re.findall(told, done.stderr, re.MULTILINE)) == 1, done.stderr
        stopped = [*store.rglob(f"{TEMPORARY}*")]  # of builders that were stopped in the middle of a shard
        assert len(stopped) < BUILDERS[cluster], f"what was given up is still there: {stopped}"
        whole = files_of(self.before) | files_of(self.after)
        for name, content in files_of(store).items():
            assert Path(name).name.startswith(TEMPORARY) or content == whole[name], f"{name} is not as it should be"
        assert verify(LocalStorage(store), everything=True).damages == []
        seen = Store.open(store)
        before = seen.generation.number == 1
        assert read_all(seen) == read_all(Store.open(self.before if before else self.after))
        return BEFORE if before else AFTER

    def complete(self, store: Path, cluster: str) -> None:
        """The same build once there is room."""
        done = self.build(store, cluster)
        assert done.returncode == 0, done.stderr
        assert Store.open(store).generation.shards == Store.open(self.after).generation.shards
        collect(LocalStorage(store), older_than=0)
        assert files_of(store) == files_of(self.after)

    def build(self, store: Path, cluster: str = "inline", failpoint: str = "") -> subprocess.CompletedProcess[str]:
        command = build_command(self.recipe, store, "--cluster", cluster, "--workers", str(BUILDERS[cluster]))
        environment = os.environ | {VARIABLE: failpoint}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def grow(folder: Path) -> Grown:
    """Some recordings that are built; then one of them is changed, and others are added."""
    tones = Tones(folder, 20)
    made = Grown(Path(tones.recipe().path), folder / "before", folder / "after")
    assert made.build(made.before).returncode == 0
    tones.add(0, seconds=0.3)
    for number in range(20, 40):
        tones.add(number)
    shutil.copytree(made.before, made.after)
    assert made.build(made.after).returncode == 0
    return made


def fill(grown: Grown, place: Path, points: int) -> Counter[str]:
    """Builds on a disk that is full from the first page on, then later and later; what readers saw."""
    seen, clusters = Counter[str](), cycle(BUILDERS)
    with tmpfs(place):
        store = Path(shutil.copytree(grown.before, place / "store"))
        least = used(place)
        grown.complete(store, "inline")
        needed = (used(place) - least) // PAGE + 1  # the last file is replaced, and so is there twice for a moment
        assert needed > points, f"only {needed} pages between the points"
        for point in range(points):
            shutil.rmtree(store)
            shutil.copytree(grown.before, store)
            resize(place, used(place) + needed * point // max(1, points - 1) * PAGE)
            seen[grown.fail(store, cluster := next(clusters))] += 1
            resize(place, ROOMY)
            grown.complete(store, cluster)
    return seen


def fail_at(grown: Grown, folder: Path, places: Iterable[str]) -> Counter[str]:
    """Builds that are told at a failpoint that the disk is full; what readers saw."""
    seen, clusters = Counter[str](), cycle(BUILDERS)
    for place in places:
        store = Path(shutil.copytree(grown.before, folder / place))
        seen[grown.fail(store, cluster := next(clusters), f"{place}:full")] += 1
        grown.complete(store, cluster)
    return seen


@contextmanager
def tmpfs(place: Path) -> Iterator[None]:
    """A disk of its own at a place, roomy at first; only in a mount namespace of one's own."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def resize(place: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)


def used(place: Path) -> int:
    found = os.statvfs(place)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def may_mount() -> bool:
    """Whether this system lets us have a mount namespace of our own."""
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=20, help="how many sizes of the tmpfs")
    parser.add_argument("--places", nargs="*", choices=PLACES, default=list(PLACES), help="which failpoints")
    parser.add_argument("--mount", action="store_true", help="mount a tmpfs here, and look for no namespace")
    options = parser.parse_args()
    if not options.mount and options.points and may_mount():
        again = [sys.executable, "-m", "tests.chaos.full_disk", *sys.argv[1:], "--mount"]
        sys.exit(subprocess.run([*NAMESPACE, *again], check=False).returncode)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as place:
        grown = grow(Path(place, "made"))
        filled = fill(grown, Path(place, "disk"), options.points) if options.mount else Counter[str]()
        failed = fail_at(grown, Path(place), options.places)
    seen = ", ".join(f"{count} times {words}" for words, count in (filled + failed).most_common())
    print(
        f"full disks: {filled.total()} sizes of a tmpfs, {failed.total()} failpoints: each build said so and exited "
        f"with 1, readers found {seen}, and all were completed to the same bytes; {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
