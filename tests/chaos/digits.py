"""A store of something like spoken digits, in uneven shards, and a configuration that trains on it in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manifests.index import PRODUCED
from manifests.store import Store
from pipelines.build import build
from pipelines.recipe_file import load_recipe
from tests.factories import write_audio, write_lines

RATE, BATCH_SECONDS = 8000, 4.6
FORMANTS = ((300, 2300), (450, 1900), (650, 1700), (750, 1200), (500, 900), (350, 800), (400, 1500))
"""Of vowels, in Hz; a digit is two of them, one behind the other."""
RECIPE = """\
name: digits
corpora:
  digits: {{reader: folder, root: "{root}", label: parent}}
source: [digits]
split: {{by: key, valid: 0.15, seed: 1}}
copies: {{train: 2}}
stages:
  - decode: {{channels: mono}}
  - gain: {{gain_db: {{uniform: [-6, 6]}}}}
  - log_mel: {{n_fft: 256, hop_length: 160, n_mels: 16}}
store: {{path: "{store}", format: arrow, shard_bytes: 20000, keep: {{log_mel: float16}}}}
"""
CONFIG = """\
name: digits
task: {{name: classification, label: label}}
model: {{name: conv_net, channels: [16, 32], strides: [[2, 2], [1, 2]]}}
optimizer: {{lr: 0.01}}
stages:
  - spec_augment: {{frequency_width: 3, time_width: 4}}
epochs: {epochs}
batch_seconds: {batch_seconds}
device: cpu
threads: 1
"""

Example = tuple[str, int, int]


@dataclass(frozen=True)
class Digits:
    """A folder with the store and the configuration."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def config(self) -> Path:
        return self.folder / "train.yaml"

    def examples(self) -> set[Example]:
        """Those of train, by key, copy and part."""
        store, columns = Store.open(self.store), ["key", "copy", "part", "fate"]
        rows = [row for entry in store.entries("train") for row in store.index(entry, columns).to_pylist()]
        return {(row["key"], row["copy"], row["part"]) for row in rows if row["fate"] == PRODUCED}


def digits(folder: Path, recordings: int, epochs: int) -> Digits:
    """Speaks the corpus and builds the store."""
    rng = np.random.default_rng(5)
    for number in range(recordings):
        digit = number % 10
        write_audio(folder / "corpus" / str(digit) / f"{number:03d}.wav", spoken(digit, rng)[None], RATE)
    write_lines(folder / "train.yaml", CONFIG.format(epochs=epochs, batch_seconds=BATCH_SECONDS))
    recipe = write_lines(folder / "recipe.yaml", RECIPE.format(root=folder / "corpus", store=folder / "store"))
    build(load_recipe(recipe, ()), cluster="inline")
    made = Digits(folder)
    sizes = {entry.examples for entry in Store.open(made.store).entries("train")}
    assert len(sizes) > 1, "the shards should be uneven"
    return made


def spoken(digit: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Two vowels at some pitch, pace and level, in a little noise."""
    pitch = rng.uniform(90, 220)
    harmonics = pitch * np.arange(1, int(RATE / 2 / pitch))
    parts = []
    for first, second in (FORMANTS[digit % 7], FORMANTS[(digit * 3 + 1) % 7]):
        time = np.arange(int(RATE * rng.uniform(0.1, 0.35))) / RATE
        level = np.exp(-(((harmonics - first) / 120) ** 2)) + 0.5 * np.exp(-(((harmonics - second) / 180) ** 2))
        parts.append((level[:, None] * np.sin(2 * np.pi * harmonics[:, None] * time)).sum(0))
    wave = np.concatenate(parts)
    wave = rng.uniform(0.1, 0.5) * wave / np.abs(wave).max() + 0.01 * rng.normal(size=len(wave))
    return wave.astype(np.float32)
