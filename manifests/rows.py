"""Manifests as files: one recording a line, JSON Lines (.jsonl, or .jsonl.gz), read and written as a stream."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any, cast

from manifests.errors import CorpusError
from manifests.recording import Recording
from manifests.storage import LocalStorage
from manifests.tables import json_rows

_NUMBER = int | float
_SPAN: dict[str, Any] = {
    "path": str,
    "start": _NUMBER,
    "seconds": _NUMBER,
    "offset": int,
    "size": int,
    "version": str,
}
_SAID: dict[str, Any] = {"channel": int, "speaker": str, "text": str}
_PIECE = {**_SPAN, "gap": _NUMBER, **_SAID}
_ROW = {"key": str, **_SPAN, "pieces": list, **_SAID, "labels": dict, "split": str, "extra": dict}


def write_recordings(path: Path, recordings: Iterable[Recording]) -> int:
    """Writes a manifest and returns its rows; the file appears when it is complete, in place of an older one.

    Equal rows give equal bytes, gzipped or not. `origin` is not written: a row read again has a new one.
    """
    count = 0
    with LocalStorage(path.parent).new_file(path.name) as file:
        plain = cast(IO[bytes], file)
        with gzip.GzipFile("", "wb", fileobj=plain, mtime=0) if path.suffix == ".gz" else nullcontext(plain) as sink:
            for recording in recordings:
                text = json.dumps(recording.to_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
                sink.write(f"{text}\n".encode())
                count += 1
        file.commit(path.name, replace=True)
    return count


def read_recordings(path: Path) -> Iterator[Recording]:
    """The rows of a manifest; CorpusError with the line for one that is no recording."""
    for line, row in json_rows(path):
        wrong = problem(row)
        if wrong:
            raise CorpusError(wrong, str(path), line)
        yield Recording.from_json(row, origin=f"{path}:{line}")


def problem(row: Mapping[str, Any]) -> str | None:
    """Why a row is no recording, None where it is one."""
    if not row.get("key") or not (row.get("path") or row.get("pieces")):
        name = "path" if row.get("key") else "key"
        return f"no {name!r}; a manifest's row has at least key and path, or key and pieces"
    wrong = mistyped(row, _ROW)
    if wrong or "pieces" not in row:
        return wrong
    if beside := sorted(_PIECE.keys() & row.keys() - _SAID.keys()):
        return f"{beside[0]} stands beside pieces, which say where they are each"
    for number, piece in enumerate(row["pieces"], 1):
        if not isinstance(piece, dict) or not piece.get("path"):
            return f"piece {number} has no 'path'"
        if wrong := mistyped(piece, _PIECE):
            return f"piece {number}: {wrong}"
    return None


def mistyped(row: Mapping[str, Any], types: Mapping[str, Any]) -> str | None:
    """The first field that is not among the types, or not of its type, in words."""
    for name, value in row.items():
        if name not in types:
            return f"unknown field {name!r}; there are {', '.join(types)}"
        if not isinstance(value, types[name]) or isinstance(value, bool):
            return f"{name} is {json.dumps(value, ensure_ascii=False)}, which is of the wrong type"
    return None
