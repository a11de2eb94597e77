"""Shard formats. A writer takes rows and their arrays' stored bytes, and fills in where each array lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from manifests.spec import ArraySpec
from manifests.storage import NewFile
from pipelines.stores.arrow import ArrowWriter
from pipelines.stores.tar import TarWriter
from pipelines.stores.writer import ShardWriter

WRITERS: dict[str, type[ShardWriter]] = {"arrow": ArrowWriter, "tar": TarWriter}


def open_writer(format: str, sink: NewFile, arrays: Sequence[ArraySpec], labels: Mapping[str, str]) -> ShardWriter:
    """The writer of `format` (arrow or tar) into a new file; `labels` maps each label to its type."""
    return WRITERS[format](sink, arrays, labels)
