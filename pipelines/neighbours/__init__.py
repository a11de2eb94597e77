"""Neighbours: a recipe's recordings as the manifests of other toolkits, one writer a file.

What a neighbour has a place for is written there; the rest stays in the manifest under the name `wavemill`, so that our
reader for the same layout gives equal recordings again. What cannot be said is an error with the recording's key.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from pipelines.neighbours.outgoing import Outgoing

WRITERS = {
    "jsonl": "pipelines.neighbours.jsonl",
    "csv": "pipelines.neighbours.delimited",
    "kaldi": "pipelines.neighbours.kaldi",
    "espnet": "pipelines.neighbours.espnet",
    "lhotse": "pipelines.neighbours.lhotse",
    "nemo": "pipelines.neighbours.nemo",
    "datasets": "pipelines.neighbours.saved",
}


def write(format: str, outgoing: Outgoing, out: Path) -> int:
    """Writes the recordings for a neighbour to `out`, which must not be there, and returns how many there were."""
    writer: Any = import_module(WRITERS[format])
    count: int = writer.write(outgoing, out)
    return count
