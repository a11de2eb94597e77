"""A store's life on an object store that fails a tenth of all requests: `python -m tests.chaos.s3 --lives 10`.

Corpus and store lie on moto's server, over real HTTP, behind a proxy that answers with 500 and 503, resets connections
before and after a request took effect, breaks answers off, and keeps silent until the client gives up. The same
builds, damages, repairs, rollbacks, collections and erasures are done in a folder, and after each of them both stores
must hold the same: generations, shard files by name and digest, the checksum of each example, each recording's fate.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from manifests import generation
from manifests.storage import Storage
from manifests.store import Store
from pipelines.forget import find, forget
from pipelines.gc import collect
from pipelines.history import rollback, tag
from pipelines.repair import repair
from pipelines.verify import verify
from tests.pipelines.corpora import Tones, checksums, fates
from tests.pipelines.grown import Grown
from tests.pipelines.remote import Remote
from tests.s3 import FAULTS, Proxy, object_store

COUNT, MORE = 20, 6
GAIN = "  - gain: {gain_db: {uniform: [-6, 0]}, act_on: all}\n"
NOISE = "  - add_noise: {from: tones, snr_db: {uniform: [0, 20]}, act_on: all}\n"
SMALL = "store.shard_bytes=24000"
WAYS = (*FAULTS * 40, "silence")
"""Silence costs the client's whole patience, so it is rarer than the other ways to fail."""
Place = Grown | Remote


def live(here: Grown, there: Remote) -> list[str]:
    """Does the same to both stores, and compares them after each step; the names of the steps."""
    tones = here.tones
    if tones.more != NOISE:  # there it would be a clip that cannot be drawn
        broken = tones.root / "high" / "broken.wav"
        broken.write_bytes(b"no audio")
        os.utime(broken, (tones.clock, tones.clock))
        there.upload(broken)
    steps: dict[str, Callable[[Place], object]] = {"build": built}
    _do(here, there, steps)
    for number in range(COUNT, COUNT + MORE):
        there.upload(tones.add(number))
    there.upload(tones.add(0, seconds=0.3))
    gone = tones.root / "low" / "0001.wav"
    gone.unlink()
    there.remove(gone)
    steps = {
        "grow": built,
        "build again": nothing_to_do,
        "damage, verify, repair": mended,
        "roll back": lambda place: changing(place, lambda storage: rollback(storage).number),
        "go on": built,
        "tag": lambda place: changing(place, lambda storage: tag(storage, "first", 1)),
        "collect": lambda place: changing(place, lambda storage: collected(storage)),
        "forget": lambda place: changing(place, forgotten),
        "build after it": built,
    }
    _do(here, there, steps)
    return ["build", *steps]


def _do(here: Grown, there: Remote, steps: dict[str, Callable[[Place], object]]) -> None:
    for name, step in steps.items():
        assert step(here) == step(there), name
        assert seen(here.storage) == seen(there.storage), name


def seen(storage: Storage) -> dict[int, object]:
    """What readers see of each generation."""
    found: dict[int, object] = {}
    for number in generation.numbers(storage):
        address = f"{storage.root}@{number}"
        shards = Store.open(address).generation.shards
        digests = {str(entry.shard): entry.shard_digest for entry in shards}
        found[number] = digests, checksums(address), fates(address)
    return found


def built(place: Place) -> object:
    made = place.build(SMALL)
    assert verify(place.storage, everything=True).damages == []
    return made.generation, made.recordings, made.produced, made.rejected, made.decoded, made.shards_built


def nothing_to_do(place: Place) -> object:
    made = place.build(SMALL)
    assert (made.decoded, made.shards_built) == (0, 0)
    return made.generation


def mended(place: Place) -> object:
    """Flips a bit of an example, of an index and of a receipt, and cuts a generation; all comes back to the byte."""
    storage = place.storage
    store = Store.open(str(storage.root))
    first, last = store.generation.shards[0], store.generation.shards[-1]
    offset = next(row["log_mel.offset"] for row in store.index(first).to_pylist() if row["checksum"])
    current = generation.name_of(store.generation.number)
    places = {str(first.shard): offset, last.index: -20, f"tasks/{last.task}.json": 9, current: None}
    before = {name: storage.read(name) for name in places}
    for name, at in places.items():
        content = bytearray(before[name])
        if at is None:
            del content[len(content) // 2 :]
        else:
            content[at] ^= 4
        storage.replace(name, bytes(content))
    found = {damage.name for damage in verify(storage, everything=True).damages}
    assert current in found
    with place.lock() as held:
        made = repair(held, everything=True)
    assert made.left == []
    assert sorted(made.files) == sorted(places)
    assert {name: storage.read(name) for name in places} == before
    assert verify(storage, everything=True).damages == []
    return made.decoded, made.copied, made.shards


def changing(place: Place, change: Callable[[Storage], object]) -> object:
    with place.lock() as held:
        made = change(held)
    assert verify(place.storage, everything=True).damages == []
    return made


def collected(storage: Storage) -> object:
    made = collect(storage, keep=1, keep_days=0, older_than=0)
    return made.generations, len(made.files) > 0


def forgotten(storage: Storage) -> object:
    made = forget(storage, find(storage, "path in ['high/0004.wav', 'high/broken.wav']"))
    return made.keys, made.generations, made.examples


def lives(s3: Proxy, count: int, share: float, seed: int, ways: tuple[str, ...] = FAULTS) -> Counter[str]:
    """So many stores, of both formats, with and without noise; how often each step was taken."""
    steps = Counter[str]()
    for number in range(count):
        s3.bucket = f"chaos-{seed}-{number}"
        s3.send("PUT", f"/{s3.bucket}")
        with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as folder:
            tones = Tones(Path(folder), COUNT, ("arrow", "tar")[number % 2], NOISE if number % 4 > 1 else GAIN)
            there = Remote(tones, s3)
            s3.fail_some(share, seed + number, ways)
            steps.update(live(Grown(tones, tones.store), there))
            s3.fault = lambda method, path: None
    return steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lives", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would print every request
    began = time.monotonic()
    with object_store() as s3, tempfile.TemporaryDirectory(prefix="wavemill-cache-") as cache:
        os.environ |= s3.environment(Path(cache))
        s3.silence_seconds = 25.0
        steps = lives(s3, options.lives, options.share, options.seed, WAYS)
        asked = Counter(method for method, _ in s3.asked)
    ways = ", ".join(f"{count} {way}" for way, count in s3.faults.most_common())
    print(
        f"s3: {options.lives} stores of {steps.total()} steps; {asked.total()} requests "
        f"({', '.join(f'{count} {method}' for method, count in asked.most_common())}), of which {s3.failed} failed "
        f"({ways}): the same generations, shards, examples and fates as in a folder after each step; "
        f"{time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
