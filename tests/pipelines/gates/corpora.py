"""A corpus that a table describes, made for a gate to look at, and what the gates say of the store that comes of it."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.build import Summary, build
from pipelines.errors import GateError
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from tests.factories import write_audio, write_lines

RECIPE = """\
name: gated
corpora:
  all: {{reader: table, root: "{root}", path: table.csv, labels: [{labels}]}}
source: [all]
split: {{from: corpus}}
stages:
  - decode
{more}  - log_mel: {{n_fft: 256, hop_length: 128, n_mels: 8}}
store: {{path: "{store}", keep: {{log_mel: float16}}}}
gates: {{{gates}}}
"""


class Corpus:
    """Recordings with whatever columns, below a folder of the test's own."""

    def __init__(self, folder: Path, labels: Sequence[str] = ()) -> None:
        self.folder, self.root, self.store = folder, folder / "corpus", folder / "store"
        self.labels = labels
        self.rows: list[Mapping[str, object]] = []
        self.root.mkdir(parents=True)

    def add(self, split: str, samples: NDArray[np.float32], rate: int = 8000, **columns: object) -> str:
        """A new file of these samples, and its row; its path."""
        path = f"{len(self.rows):04d}.wav"
        write_audio(self.root / path, samples, rate)
        os.utime(self.root / path, (1_700_000_000, 1_700_000_000))
        self.rows.append({"path": path, "split": split, **columns})
        return path

    def recipe(self, gates: str, more: str = "") -> Recipe:
        """A recipe with these gates, as they stand between { and }, and with more stages."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        with open(self.root / "table.csv", "w", encoding="utf-8", newline="") as sink:
            table = csv.DictWriter(sink, names)
            table.writeheader()
            table.writerows(self.rows)
        text = RECIPE.format(root=self.root, store=self.store, labels=", ".join(self.labels), more=more, gates=gates)
        return load_recipe(write_lines(self.folder / "recipe.yaml", text))

    def build(self, gates: str, more: str = "") -> Summary:
        return build(self.recipe(gates, more), "inline")

    def refusal(self, gates: str, more: str = "") -> str:
        """What the gates say, when they refuse what was built; columns of tables one space apart."""
        with pytest.raises(GateError) as caught:
            self.build(gates, more)
        return re.sub(" +", " ", str(caught.value))


def sound(seed: int, seconds: float = 0.3, rate: int = 8000) -> NDArray[np.float32]:
    """Quiet noise, another one for each seed; (1, samples)."""
    noise = np.random.default_rng(seed).standard_normal((1, round(seconds * rate)))
    return (0.1 * noise).astype(np.float32)
