"""Flips bits and cuts files of a store, again and again: `python -m tests.chaos.flips --flips 1000 --cuts 200`.

Over shards, indexes, receipts, generations and their spares, in both formats. Each damage must be found and named,
training must get every example as it was written or none, and repair must bring back every byte.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import xxhash

from manifests.errors import StoreError
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.repair import repair
from pipelines.verify import verify
from tests.pipelines.grown import Grown, grow
from training.loader import load

FOLDERS = ("shards", "index", "tasks", "generations", "spare/generations")
SOUND, REFUSED = "handed out whole", "refused"
TOGETHER = 8
"""How many damages one repair has before it."""


def targets(storage: LocalStorage) -> list[str]:
    """Every file of a store whose bytes matter."""
    return [name for folder in FOLDERS for name in storage.names(folder)]


def hurt(path: Path, rng: np.random.Generator, cut: bool | None = None) -> None:
    """Flips a bit of a file anywhere in it, or cuts it anywhere; readers of the old bytes keep them."""
    content = bytearray(path.read_bytes())
    if rng.random() < 1 / 6 if cut is None else cut:
        del content[int(rng.integers(len(content))) :]
    else:
        place = int(rng.integers(len(content) * 8))
        content[place // 8] ^= 1 << place % 8
    temporary = path.with_name("hurt")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def hand_out(root: Path) -> tuple[str, set[str]]:
    """What training gets of a store, a digest for each example with all that belongs to it, and how it ended."""
    digests = set()
    try:
        for split in Store.open(root).generation.splits():
            for batch in load(root, split, batch_size=1, shuffle=False):
                state = xxhash.xxh3_128(
                    repr((batch.keys, batch.copies, batch.parts, batch.labels, batch.texts)).encode()
                )
                for name, array in batch.arrays.items():
                    state.update(f"{name} {tuple(array.shape)}".encode())
                    state.update(array.numpy().tobytes())
                digests.add(state.hexdigest())
    except StoreError:
        return REFUSED, digests
    return SOUND, digests


def strike(grown: Grown, rng: np.random.Generator, expected: set[str], cut: bool) -> str:
    """One damage, looked for, trained on, and taken back; what kind of file it was."""
    name = str(rng.choice(targets(grown.storage)))
    path = grown.root / name
    sound = path.read_bytes()
    hurt(path, rng, cut)
    found = [damage.name for damage in verify(grown.storage, everything=True).damages]
    assert found == [name], f"{name} was damaged, and found was {found}"
    _, digests = hand_out(grown.root)
    assert digests <= expected, f"{name} was damaged, and training got a wrong example"
    path.write_bytes(sound)
    return name.rpartition("/")[0]


def mend(grown: Grown, rng: np.random.Generator, files: list[str]) -> tuple[int, int]:
    """Several of some files damaged at once, and repaired; how many, and how many recordings were decoded.

    A generation and its spare are not damaged together: nothing could tell what they said.
    """
    before = grown.digests()
    chosen = [str(name) for name in rng.choice(files, TOGETHER, replace=False)]
    both = {name.removeprefix("spare/") for name in chosen if name.startswith("spare/")}
    names = [name for name in chosen if name not in both]
    for name in names:
        hurt(grown.root / name, rng)
    with grown.lock() as storage:
        made = repair(storage, everything=True)
    assert not made.left, made.left
    assert sorted(made.files) == sorted(names), (made.files, names)
    assert grown.digests() == before
    return len(names), made.decoded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--repairs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng, kinds, mended, decoded, began = np.random.default_rng(options.seed), Counter[str](), 0, 0, time.monotonic()
    for format in ("arrow", "tar"):
        with tempfile.TemporaryDirectory(prefix="wavemill-chaos-") as folder:
            grown = grow(Path(folder), format, change=False)
            outcome, expected = hand_out(grown.root)
            assert outcome == SOUND
            for number in range((options.flips + options.cuts) // 2):
                kinds[strike(grown, rng, expected, cut=number < options.cuts // 2)] += 1
            for _ in range(options.repairs // 2):
                files, recordings = mend(grown, rng, targets(grown.storage))
                mended, decoded = mended + files, decoded + recordings
    where = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    print(
        f"flips: {options.flips} bits and {options.cuts} cuts ({where}): all found, 0 wrong examples for training; "
        f"{options.repairs} repairs of {mended} damaged files: all bytes restored, {decoded} recordings decoded again; "
        f"{time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
