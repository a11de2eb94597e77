"""Finished: what a builder has made of its task so far, kept where its death cannot reach it.

When a recording brings a builder down, the next builder takes the recordings before it from here and decodes none of
them again. A file of records: a line of JSON, and behind it the bytes of the arrays that the line names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.new_shard import IndexRow
from pipelines.stores.writer import Stored

Made = tuple[IndexRow, dict[str, Stored] | None]
"""An index row, with the arrays of its example; without, where the recording gave none."""


class Finished:
    """The recordings of one task that are done, by their number in it.

    It only saves work: what there is no room for is made again.
    """

    def __init__(self, path: str | Path) -> None:
        """`path` is a file that outlives this process."""
        self._path = path
        self._places: dict[int, int] = {}
        self._has_room = True

    def begin(self, task: str, shard: str) -> None:
        """Takes up what is there of this task, and forgets any other.

        `shard` is the temporary file that the shard is written to; that of a builder that died is removed.
        """
        self._places, self._has_room = {}, True
        with open(self._path, "rb") as source:
            end = self._take_up(source) if _line(source) == {"task": task} else 0
        os.truncate(self._path, end)
        if end == 0:
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

    def _take_up(self, source: BinaryIO) -> int:
        """Finds the recordings that are there whole; where the last of them ends."""
        size, end = os.fstat(source.fileno()).st_size, source.tell()
        while record := _line(source):
            if "shard" in record:
                Path(record["shard"]).unlink(missing_ok=True)
            else:
                arrays = [array for _, arrays in record["rows"] for array in (arrays or {}).values()]
                source.seek(sum(length for length, *_ in arrays), os.SEEK_CUR)
                if source.tell() > size:
                    break
                self._places[record["number"]] = end
            end = source.tell()
        return end

    def _append(self, record: dict[str, Any], *contents: bytes | memoryview) -> None:
        if not self._has_room:
            return
        try:
            with open(self._path, "ab", buffering=0) as sink:
                parts = (json.dumps(record).encode() + b"\n", *contents)
                self._has_room = all(sink.write(part) == len(part) for part in parts)
        except OSError:  # a full disk for temporary files is no reason to fail
            self._has_room = False


def _shapes(stored: Mapping[str, Stored]) -> dict[str, tuple[int, int, int, float]]:
    """Of each array, its bytes, and what else a Stored says."""
    return {name: (len(array.raw), array.length, array.width, array.rate) for name, array in stored.items()}


def _line(source: BinaryIO) -> dict[str, Any] | None:
    """The next line of JSON; None at the end, and where a death cut it off."""
    line = source.readline()
    return json.loads(line) if line.endswith(b"\n") else None
