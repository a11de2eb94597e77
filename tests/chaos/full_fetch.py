"""Fetches that run out of disk, at many points: `python -m tests.chaos.full_fetch --points 20`.

A corpus is fetched to a tmpfs that has less room than it takes, in a mount namespace of its own: less than its archive,
less than the archive and what is in it. Each time it must be told, nothing that looks like the corpus may be there, and
the same call must complete it once there is room, without fetching again what had come.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from manifests.errors import FullError
from manifests.fetching.fetch import fetch_part
from manifests.fetching.place import Place
from manifests.fetching.source import Source, single
from manifests.fetching.watch import Unwatched
from tests.chaos.full_disk import NAMESPACE, PAGE, may_mount, resize, tmpfs, used
from tests.manifests.fetching.archives import tar
from tests.manifests.fetching.server import Shelf, serving

ROOM = 64 << 20
TOLD = "No space left on device: free some space there and run this again; what is finished is kept"


def corpus() -> dict[str, bytes]:
    """Two hundred files of noise: an archive packs none of it."""
    draw = random.Random(9)
    return {f"tones/{number % 7}/{number}.wav": draw.randbytes(draw.randrange(20_000)) for number in range(200)}


def fill(place: Path, points: int) -> None:
    """Fetches on disks of growing size, all of them too small."""
    files = corpus()
    content = tar(files)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    needed = 2 * len(content) // PAGE
    with tmpfs(place), serving(Shelf({"/a.tar.gz": content}, etags={"/a.tar.gz": '"1"'})) as shelf:
        part = single("all", "a.tar.gz", f"{shelf.url}/a.tar.gz", size=len(content), digest=digest, inside="tones")
        source = Source("tones", "", (part,))
        for point in range(points):
            shelf.asked.clear()
            target = Place(place / "tones")
            resize(place, used(place) + (4 + needed * point // points) * PAGE)
            fail(source, target)
            kept = (target.work / "a.tar.gz").exists()
            resize(place, ROOM)
            with target.alone():
                fetch_part(source, part, target, Unwatched())
            found = {path for path in target.target.rglob("*") if path.is_file()}
            assert {f"tones/{path.relative_to(target.target)}": path.read_bytes() for path in found} == files
            resumed = [one.status for one in shelf.asked[1:]]
            assert resumed == ([] if kept else [206]), f"what had come was fetched again: {shelf.asked}"
            shutil.rmtree(target.target)
            shutil.rmtree(target.work)


def fail(source: Source, target: Place) -> None:
    """A fetch with too little room, which must say so, and leave what it should."""
    try:
        with target.alone():
            fetch_part(source, source.parts[0], target, Unwatched())
    except FullError as error:
        told = str(error)
    else:
        raise AssertionError("there was room")
    assert told.endswith(TOLD), told
    assert not target.target.exists(), "half a corpus is there"
    assert not list(target.work.glob("*.unpacked")), "half a corpus is left"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=20, help="how many sizes of the tmpfs")
    parser.add_argument("--mount", action="store_true", help="mount a tmpfs here, and look for no namespace")
    options = parser.parse_args()
    if not options.mount:
        if not may_mount():
            sys.exit("this system gives us no mount namespace, and so no disk to fill")
        again = [sys.executable, "-m", "tests.chaos.full_fetch", *sys.argv[1:], "--mount"]
        sys.exit(subprocess.run([*NAMESPACE, *again], check=False).returncode)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as place:
        fill(Path(place, "disk"), options.points)
    seconds = time.monotonic() - began
    print(f"full disks: {options.points} fetches ran out of room, said so, and were completed; {seconds:.0f} s")


if __name__ == "__main__":
    main()
