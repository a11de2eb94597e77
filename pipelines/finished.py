"""Finished: what a builder has made of its task so far, kept where its death cannot reach it.

When a recording brings a builder down, the next builder takes the recordings before it from here and decodes none of
them again. A file: where its records end, then the records, each a line of JSON and behind it the bytes of the arrays
that the line names. It does not shrink, as fresh memory costs more than a copy: what is behind the end is of earlier
tasks, and is written over.
"""

from __future__ import annotations

import json
import os
import struct
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.new_shard import IndexRow
from pipelines.stores.writer import Stored

Made = tuple[IndexRow, dict[str, Stored] | None]
"""An index row, with the arrays of its example; without, where the recording gave none."""

_END = struct.Struct("<q")
_PARTS = 1000  # that are written with one call; systems take 1024


class Finished:
    """The recordings of one task that are done, by their number in it.

    It only saves work: what there is no room for is made again.
    """

    def __init__(self, path: str | Path) -> None:
        """`path` is a file that outlives this process."""
        self._path = path
        self._sink = os.open(path, os.O_WRONLY)
        weakref.finalize(self, os.close, self._sink)
        self._places: dict[int, int] = {}
        self._has_room = True
        self._end = _END.size

    def begin(self, task: str, shard: str) -> None:
        """Takes up what is there of this task, and forgets any other.

        `shard` is the temporary file that the shard is written to; that of a builder that died is removed.
        """
        self._places, self._has_room, self._end = {}, True, _END.size
        with open(self._path, "rb") as source:
            written = source.read(_END.size)
            if len(written) == _END.size and _line(source) == {"task": task}:
                self._end = self._take_up(source, *_END.unpack(written))
        if self._end == _END.size:
            self._has_room = self._note_end()  # that of another task must not count for this one
            self._append({"task": task})
        self._append({"shard": shard})

    def keep(self, number: int, made: list[Made]) -> None:
        """Notes what was made of a recording."""
        rows = [(row, None if stored is None else _shapes(stored)) for row, stored in made]
        self._append({"number": number, "rows": rows}, *(a.raw for _, stored in made for a in (stored or {}).values()))

    def take(self, number: int) -> list[Made] | None:
        """What was made of a recording; None where it is not there."""
        if number not in self._places:
            return None
        with open(self._path, "rb") as source:
            source.seek(self._places[number])
            record = _line(source)
            assert record is not None
            return [
                (row, arrays and {name: Stored(source.read(size), *shape) for name, (size, *shape) in arrays.items()})
                for row, arrays in record["rows"]
            ]

    def _take_up(self, source: BinaryIO, end: int) -> int:
        """Finds the recordings that are whole before `end`; where the last of them ends."""
        end, whole = min(end, os.fstat(source.fileno()).st_size), source.tell()
        while whole < end and (record := _line(source)):
            if "shard" in record:
                Path(record["shard"]).unlink(missing_ok=True)
            else:
                arrays = [array for _, arrays in record["rows"] for array in (arrays or {}).values()]
                source.seek(sum(length for length, *_ in arrays), os.SEEK_CUR)
                if source.tell() > end:
                    break
                self._places[record["number"]] = whole
            whole = source.tell()
        return whole

    def _append(self, record: dict[str, Any], *contents: bytes | memoryview) -> None:
        """Writes a record, and only then that it is there."""
        if not self._has_room:
            return
        parts = [json.dumps(record).encode() + b"\n", *contents]
        end = self._end + sum(map(len, parts))
        with suppress(OSError):  # a full disk for temporary files is no reason to fail
            for at in range(0, len(parts), _PARTS):
                self._end += os.pwritev(self._sink, parts[at : at + _PARTS], self._end)
        self._has_room = self._end == end and self._note_end()

    def _note_end(self) -> bool:
        """Writes where the records end; whether there was room for it."""
        with suppress(OSError):
            return os.pwrite(self._sink, _END.pack(self._end), 0) == _END.size
        return False


def _shapes(stored: Mapping[str, Stored]) -> dict[str, tuple[int, int, int, float]]:
    """Of each array, its bytes, and what else a Stored says."""
    return {name: (len(array.raw), array.length, array.width, array.rate) for name, array in stored.items()}


def _line(source: BinaryIO) -> dict[str, Any] | None:
    """The next line of JSON; None at the end, and where a death cut it off."""
    line = source.readline()
    return json.loads(line) if line.endswith(b"\n") else None
