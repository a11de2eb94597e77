"""Reading shards: the index says where each array lies, so one reader maps every format.

The checksum of a row covers what training sees, key, labels, text and array bytes, and is checked before
anything is handed out.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from manifests.errors import DamagedError, StoreError
from manifests.spec import ArraySpec


def row_checksum(
    key: str, copy: int, part: int, speaker: str | None, text: str | None, labels: str, arrays: Sequence[Any]
) -> str:
    """xxh3-128 over the identity, labels (as JSON text) and text of an example and its arrays' stored bytes."""
    state = xxhash.xxh3_128()
    header = "\x1f".join((key, str(copy), str(part), speaker or "", text or "", labels))
    state.update(header.encode())
    for array in arrays:
        state.update(len(array).to_bytes(8, "little"))
        state.update(array)
    return state.hexdigest()


class ShardReader:
    """The arrays of one shard file, mapped into memory."""

    def __init__(self, path: str | Path, arrays: Sequence[ArraySpec]) -> None:
        self.path, self.arrays = Path(path), list(arrays)
        try:
            with open(self.path, "rb") as source:
                self._map = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
        except (FileNotFoundError, ValueError) as error:
            raise DamagedError(f"{self.path}: missing or empty") from error
        self._view = memoryview(self._map)

    def raw(self, row: Mapping[str, Any], spec: ArraySpec) -> memoryview:
        """The stored bytes of one array of an index row."""
        start, size = row[f"{spec.name}.offset"], row[f"{spec.name}.bytes"]
        if start + size > len(self._view):
            raise DamagedError(f"{self.path}: {row['key']} lies beyond the end of the file")
        return self._view[start : start + size]

    def check(self, row: Mapping[str, Any]) -> None:
        """DamagedError, with the key, unless the row's bytes are those that were written."""
        raws = [self.raw(row, spec) for spec in self.arrays]
        found = row_checksum(row["key"], row["copy"], row["part"], row["speaker"], row["text"], row["labels"], raws)
        if found != row["checksum"]:
            raise DamagedError(f"{self.path}: {row['key']} (copy {row['copy']}) is damaged; wavemill repair mends it")

    def read(self, row: Mapping[str, Any], name: str) -> NDArray[Any]:
        """One array of an index row, (length, width): in its stored type, without a copy where it is raw."""
        spec = next((spec for spec in self.arrays if spec.name == name), None)
        if spec is None:
            raise StoreError(f"{self.path}: no array {name!r}; there are {', '.join(s.name for s in self.arrays)}")
        raw = self.raw(row, spec)
        if spec.encoding == "flac":
            return decode_flac(raw)
        return np.frombuffer(raw, spec.encoding).reshape(row[f"{name}.length"], row[f"{name}.width"])


def decode_flac(raw: memoryview) -> NDArray[np.int16]:
    """FLAC bytes of a shard, 16 bits, as int16 of shape (samples, channels).

    miniaudio passes over broken frames without a word, but those the checksum has found before.
    """
    import miniaudio

    found = miniaudio.flac_read_s16(bytes(raw))
    return np.frombuffer(found.samples, np.int16).reshape(-1, found.nchannels)
