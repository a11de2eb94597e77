"""Kills the whole process group of a real build, again and again: `python -m tests.chaos.kills --kills 200`.

Half of the kills land at failpoints of the builders, the others at random moments. Each build starts on what the ones
before it left behind, and is looked at while it is dead: what lies under a final name must be whole, and the work that
is done again must be that of the shards in flight. The build that is to commit is killed as well, for each store; then
the store is completed, compared with an undisturbed one, and the next one begins.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path

from manifests.failpoints import PLACES, VARIABLE
from manifests.generation import ShardEntry, numbers
from manifests.storage import TEMPORARY, LocalStorage
from manifests.store import Store
from pipelines.gc import collect
from pipelines.task import receipt_name
from pipelines.verify import verify
from tests.chaos.command import build_command
from tests.factories import write_lines
from tests.pipelines.corpora import Tones
from tests.pipelines.grown import NOISE

WATCH = """\
import os
from features.stage import Transform

class Watched(Transform):
    name = "watched"

    def apply(self, example, draws):
        if "WATCHED" in os.environ and example.key != "probe":
            with open(os.environ["WATCHED"], "a") as sink:
                print(example.key, file=sink)
        return example
"""
"""Notes each recording that is decoded."""

RECORDINGS, WORKERS, LANES = 200, 2, 2
FOLDERS = ("shards", "index", "tasks")
RANDOM_MOMENT = "a random moment"
COMMIT = tuple(place for place in PLACES if place.startswith("generations."))
WORK = tuple(place for place in PLACES if place not in COMMIT)
"""The places that a builder reaches; those of COMMIT are reached when the builders have ended."""


@dataclass
class Tally:
    """Kills while builders worked, by what brought them about and by phase; and what they cost."""

    places: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    commits: Counter[str] = field(default_factory=Counter)
    shards_in_flight: int = 0
    recordings_again: int = 0
    stores: int = 0

    @property
    def kills(self) -> int:
        return self.places.total()

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(Tally)))


@dataclass
class Expected:
    """A recipe, and what an undisturbed build of it gave: the files byte for byte, each recording's receipt."""

    recipe: Path
    files: dict[str, bytes]
    shards: list[ShardEntry]
    receipt_of: dict[str, str]


@dataclass
class Target:
    """A store that is being built and killed."""

    expected: Expected
    root: Path

    @property
    def storage(self) -> LocalStorage:
        return LocalStorage(self.root)

    @property
    def log(self) -> Path:
        return self.root.with_suffix(".watched")

    def done(self) -> set[str]:
        """The receipts that are there."""
        return set(self.storage.names("tasks"))

    def missing(self) -> int:
        """How many shards have no receipt."""
        return len(self.expected.shards) - len(self.done())

    def unnamed(self) -> set[str]:
        """The temporary files: of work in flight, and of all the work that was in flight at earlier kills."""
        return {f"{folder}/{path.name}" for folder in FOLDERS for path in self.root.glob(f"{folder}/{TEMPORARY}*")}

    def start(self, cluster: str, failpoint: str = "") -> subprocess.Popen[bytes]:
        self.log.write_bytes(b"")
        return subprocess.Popen(
            build_command(self.expected.recipe, self.root, "--cluster", cluster, "--workers", str(WORKERS)),
            env=os.environ | {VARIABLE: failpoint, "WATCHED": str(self.log)},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill_at(self, cluster: str, place: str, time_of_it: int = 1) -> bool:
        """A build that dies at a failpoint; False when it came to its own end instead."""
        code = self.start(cluster, f"{place}:kill@{time_of_it}").wait(timeout=300)
        assert code in (0, -signal.SIGKILL), f"a build that was to be killed at {place} exited with {code}"
        return code != 0

    def kill_after(self, cluster: str, seconds: float) -> bool:
        """A build that is killed a while after its builders took up work; False when it had ended."""
        running = self.start(cluster)
        while not self.log.stat().st_size and running.poll() is None:
            time.sleep(0.001)
        time.sleep(seconds)
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        code = running.wait()
        assert code in (0, -signal.SIGKILL), f"a build that was to be killed exited with {code}"
        return code != 0


def undisturbed(folder: Path, recordings: int = RECORDINGS) -> Expected:
    """A corpus that is built within seconds, in shards enough to die between them."""
    write_lines(folder / "watch.py", WATCH)
    tones = Tones(folder, recordings, more=f"  - watched: {{}}\n{NOISE}", tail="plugins: [watch.py]\n")
    recipe = Path(tones.recipe().path)
    subprocess.run(build_command(recipe, tones.store), check=True, capture_output=True)
    store = Store.open(tones.store)
    keys = {
        key: receipt_name(entry.task)
        for entry in store.generation.shards
        for key in store.index(entry, ["key"]).column("key").to_pylist()
    }
    assert len(keys) == store.generation.count("produced") == recordings
    return Expected(recipe, files_of(tones.store), store.generation.shards, keys)


def files_of(root: Path) -> dict[str, bytes]:
    """The shards, indexes and receipts, and whatever else lies in their folders."""
    return {f"{folder}/{path.name}": path.read_bytes() for folder in FOLDERS for path in (root / folder).glob("*")}


def strike(target: Target, rng: random.Random, tally: Tally) -> bool:
    """One kill while shards are missing, looked at and counted; False when the build had come to its end."""
    done, unnamed = target.done(), target.unnamed()
    cluster, builders = ("local", WORKERS) if rng.random() < 0.25 else ("inline", 1)
    place = RANDOM_MOMENT if tally.kills % 2 else rng.choice(WORK)
    if place == RANDOM_MOMENT:
        killed = target.kill_after(cluster, rng.uniform(0.0, 0.4))
    else:
        killed = target.kill_at(cluster, place, rng.randint(1, min(3, target.missing() // builders or 1)))
    lost, again = inspect(target, done, builders)
    if not killed or (place == RANDOM_MOMENT and not target.missing()):
        return False
    tally.places[place] += 1
    tally.phases[phase(target.unnamed() - unnamed)] += 1
    tally.shards_in_flight += lost
    tally.recordings_again += again
    return True


def phase(unnamed: set[str]) -> str:
    """What the builder that was furthest on was about, by the files that it had not finished."""
    for folder, words in (("tasks", "writing a receipt"), ("index", "writing an index"), ("shards", "writing a shard")):
        if any(name.startswith(folder) for name in unnamed):
            return words
    return "between shards"


def inspect(target: Target, done: set[str], builders: int) -> tuple[int, int]:
    """What a dead build left behind, after one that had left the receipts in `done`.

    The shards that were in flight, and how many of their recordings had been decoded: work that will be done again.
    """
    for folder in FOLDERS:
        for name in target.storage.names(folder):
            assert (target.root / name).read_bytes() == target.expected.files[name], f"{name} is not as it should be"
    assert done <= target.done(), "a receipt is gone"
    assert not numbers(target.storage) or not target.missing(), "a generation names shards that are not finished"
    decoded = target.log.read_text("utf-8").split()
    assert len(set(decoded)) == len(decoded), "one build decoded a recording twice"
    begun = {target.expected.receipt_of[key] for key in decoded}
    assert not begun & done, "a finished shard was built again"
    lost = begun - target.done()
    assert len(lost) <= builders, f"{builders} builders left {len(lost)} shards unfinished"
    return len(lost), sum(target.expected.receipt_of[key] in lost for key in decoded)


def complete(target: Target, rng: random.Random, tally: Tally) -> None:
    """Kills the build that is to commit, lets the next one come to its end, and compares."""
    if not numbers(target.storage):
        done, place = target.done(), rng.choice(COMMIT)
        assert target.kill_at("inline", place)
        assert inspect(target, done, 1) == (0, 0)
        assert bool(numbers(target.storage)) == (place in ("generations.linked", "generations.named"))
        tally.commits[place] += 1
    done = target.done()
    assert target.start("inline").wait() == 0
    inspect(target, done, 1)
    assert numbers(target.storage) == [1]
    assert Store.open(target.root).generation.shards == target.expected.shards
    assert verify(target.storage, everything=True).damages == []
    collect(target.storage, older_than=0)
    assert files_of(target.root) == target.expected.files, "something is left over"
    tally.stores += 1


def kill(expected: Expected, folder: Path, kills: int, seed: int) -> Tally:
    """So many kills, spread over as many stores as it takes."""
    rng, tally = random.Random(seed), Tally()
    while tally.kills < kills:
        target = Target(expected, folder / f"store-{seed}-{tally.stores}")
        while tally.kills < kills and strike(target, rng, tally) and target.missing():
            pass
        complete(target, rng, tally)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tally, began = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as place, ThreadPoolExecutor(LANES) as lanes:
        expected = undisturbed(Path(place))
        shares = [options.kills // LANES + (lane < options.kills % LANES) for lane in range(LANES)]
        seeds = range(options.seed * LANES, (options.seed + 1) * LANES)
        for made in lanes.map(lambda share, seed: kill(expected, Path(place), share, seed), shares, seeds):
            tally += made
    print(f"kills: {tally.kills} while builders worked, {tally.commits.total()} while the build committed")
    for counted in (tally.places, tally.phases, tally.commits):
        print("  " + ", ".join(f"{count} {name}" for name, count in counted.most_common()))
    print(
        f"  {tally.stores} stores completed: 0 recordings lost, 0 duplicated, all shards, indexes and receipts "
        f"identical; "
        f"{tally.shards_in_flight} shards in flight, of which {tally.recordings_again} recordings were decoded again; "
        f"no finished shard was touched; {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
