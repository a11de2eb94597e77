"""A small corpus with a recipe for it, and what tests ask of the store that comes of it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manifests.store import Store
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from tests.factories import tone, write_audio, write_lines

RECIPE = """\
name: tones
description: Tones for tests.
corpora:
  tones: {{reader: folder, root: "{root}", label: parent}}
source: [tones]
split: {{by: key, test: 0.3, seed: 1}}
stages:
  - decode: {{channels: mono}}
  - resample: {{sample_rate: 8000}}
{more}  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 32}}
store: {{path: "{store}", format: {format}, keep: {{log_mel: float16, audio: flac}}}}
"""


class Tones:
    """A folder corpus of tones in two classes, `low` and `high`, below a folder of the test's own."""

    def __init__(self, folder: Path, count: int = 24, format: str = "arrow", more: str = "", tail: str = "") -> None:
        self.folder, self.format, self.more, self.tail = folder, format, more, tail
        self.root, self.store = folder / "corpus", folder / "store"
        self.clock = 1_700_000_000
        for number in range(count):
            self.add(number)

    def add(self, number: int, seconds: float | None = None) -> Path:
        label = "low" if number % 2 else "high"
        length = 0.2 + 0.01 * (number % 7) if seconds is None else seconds
        path = self.root / label / f"{number:04d}.wav"
        return self.write(path, tone(length, 8000, hz=200 + 37 * (number % 80)))

    def write(self, path: Path, samples: NDArray[np.float32]) -> Path:
        """Audio that was not modified just now, which a build would read again."""
        write_audio(path, samples, 8000)
        self.clock += 1
        os.utime(path, (self.clock, self.clock))
        return path

    def recipe(self, *overrides: str) -> Recipe:
        text = RECIPE.format(root=self.root, store=self.store, format=self.format, more=self.more) + self.tail
        return load_recipe(write_lines(self.folder / "recipe.yaml", text), overrides)

    def digests(self, store: Path | str | None = None) -> dict[str, str]:
        """The digests of the current shard files, by name: what must not depend on how they were built."""
        return {str(entry.shard): entry.shard_digest for entry in Store.open(store or self.store).generation.shards}


def checksums(store: Path | str) -> dict[tuple[str, int, int], str]:
    """Each example's checksum: the content of a store, however it is cut into shards."""
    opened = Store.open(store)
    found = {}
    for entry in opened.generation.shards:
        for row in opened.index(entry).to_pylist():
            if row["checksum"]:
                found[row["key"], row["copy"], row["part"]] = row["checksum"]
    return found


def fates(store: Path | str) -> dict[str, tuple[str, str | None, str | None]]:
    """Each recording's fate, the stage and the reason."""
    opened = Store.open(store)
    tables = [opened.index(entry, ["key", "fate", "stage", "reason"]) for entry in opened.generation.shards]
    return {r["key"]: (r["fate"], r["stage"], r["reason"]) for table in tables for r in table.to_pylist()}
