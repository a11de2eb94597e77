"""The keys of the examples that a shard holds, read from the shard alone: for when its index is lost."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa


def keys_of(path: Path, format: str) -> Iterator[str]:
    """The key of each example of a sound shard, once for every copy."""
    yield from _arrow(path) if format == "arrow" else _tar(path)


def _arrow(path: Path) -> Iterator[str]:
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
        for batch in reader:
            yield from batch.column("key").to_pylist()


def _tar(path: Path) -> Iterator[str]:
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            if member.name.endswith(".json") and (content := archive.extractfile(member)):
                yield json.load(content)["key"]
