"""ShardWriter: what every shard format implements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from manifests.spec import ArraySpec
from manifests.storage import NewFile

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """One array as it lies on disk: its bytes, time first, and their shape."""

    raw: bytes | memoryview
    length: int
    width: int
    rate: float


class ShardWriter:
    """Writes the examples of one shard, in the order given; equal rows give equal files.

    `add` may fill in the places of the arrays (`<array>.offset` of the index row) at once or when a block
    is full; after `finish` all of them are there.
    """

    def __init__(self, sink: NewFile, arrays: Sequence[ArraySpec], labels: Mapping[str, str]) -> None:
        self.sink, self.arrays, self.labels = sink, list(arrays), dict(labels)

    def add(self, row: Row, stored: Mapping[str, Stored]) -> None:
        """One example: its index row (see manifests.index) and its arrays by name."""
        for name, array in stored.items():
            row[f"{name}.bytes"] = len(array.raw)
            row[f"{name}.length"], row[f"{name}.width"] = array.length, array.width
            row[f"{name}.rate"] = array.rate
        self._add(row, stored)

    def _add(self, row: Row, stored: Mapping[str, Stored]) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Writes what is still held, and the end of the file."""
        raise NotImplementedError
