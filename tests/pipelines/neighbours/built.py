"""What stores hold that are built from one corpus, read in several ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelines.build import build
from pipelines.recipe_file import load_recipe
from tests.factories import write_lines
from tests.pipelines.corpora import checksums
from tests.pipelines.in_process import in_process

RECIPE = """\
name: same
description: One corpus, read in several ways.
corpora:
  c: {corpus}
source: [c]
split: {{from: corpus}}
stages:
  - decode: {{channels: mono}}
  - resample: {{sample_rate: 8000}}
  - log_mel: {{n_fft: 256, hop_length: 80, n_mels: 16}}
store: {{path: {store}, keep: {{log_mel: float16, audio: flac}}}}
"""


def content(folder: Path, name: str, **corpus: Any) -> dict[tuple[str, int, int], str]:
    """Builds a store, and gives the checksum of each row: over its key, labels, text and arrays."""
    store = folder / f"store-{name}"
    text = RECIPE.format(corpus=json.dumps(corpus), store=json.dumps(str(store)))
    with in_process():
        build(load_recipe(write_lines(folder / f"{name}.yaml", text)), "inline")
    return checksums(store)
