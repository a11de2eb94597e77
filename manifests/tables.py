"""Tables: CSV, TSV, JSON Lines and Parquet as streams of rows, each with its line.

A row is a dict from column to value; only the row at hand is in memory (of Parquet, one batch). Text is
UTF-8 and may be gzipped. Lines count from 1, the header included; rows of Parquet count from 1.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from manifests.errors import CorpusError

Row = tuple[int, dict[str, Any]]
Opened = Callable[[], IO[bytes]] | None
"""Opens a table that lies elsewhere than its path says: in an object store. None opens the path."""

MAX_LINE = 16 << 20
BATCH_ROWS = 1024
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


def table_rows(path: str | Path, quotes: bool = True, opened: Opened = None) -> Iterator[Row]:
    """The rows of a table, whose name says its format: .csv, .tsv, .jsonl (each also .gz) or .parquet.

    In CSV and TSV every value is text, and quotation marks wrap values that hold delimiters, unless
    `quotes` is False: then they are letters like others. CorpusError with the line for a broken row.
    """
    kind = _kind(path)
    if kind == ".parquet":
        return _parquet_rows(path, opened)
    return json_rows(path, opened) if kind == ".jsonl" else _delimited_dicts(path, _DELIMITERS[kind], quotes, opened)


def table_columns(path: str | Path, quotes: bool = True, opened: Opened = None) -> list[str] | None:
    """The names of a table's columns; None for JSON Lines, where each row has its own."""
    kind = _kind(path)
    if kind == ".parquet":
        with _parquet(path, opened) as file:
            return _readable(file.schema_arrow)
    if kind == ".jsonl":
        return None
    return _header(path, next(delimited_rows(path, _DELIMITERS[kind], quotes, opened), None))


def text_lines(path: str | Path, opened: Opened = None) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 file, with their newlines; CorpusError where it cannot be read or decoded."""
    line = 0
    try:
        with _open(path, opened) as source:
            for line, raw in enumerate(iter(partial(source.readline, MAX_LINE), b""), 1):
                if len(raw) == MAX_LINE:
                    raise CorpusError(f"more than {MAX_LINE >> 20} MiB in one line; is this a table?", str(path), line)
                yield line, raw.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(f"not UTF-8 ({error.reason}); save the file as UTF-8", str(path), line) from error
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error, line) from error


def delimited_rows(
    path: str | Path, delimiter: str, quotes: bool = True, opened: Opened = None
) -> Iterator[tuple[int, list[str]]]:
    """The fields of each row, and the line that it begins in; blank lines are passed over."""
    quoting: Any = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    lines = (text for _, text in text_lines(path, opened))
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            hint = "; where quotation marks are letters, say `quotes: false`" if quotes else ""
            raise CorpusError(f"{error}{hint}", str(path), line) from error
        if fields is None:
            return
        if fields:
            yield line, fields


def json_rows(path: str | Path, opened: Opened = None) -> Iterator[Row]:
    """The objects of JSON Lines; NaN, which is no JSON, is read as null."""
    for line, text in text_lines(path, opened):
        if not text.strip():
            continue
        try:
            row = json.loads(text, parse_constant=lambda _: None)
            if "\\u" in text:
                json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"not JSON: {error}", str(path), line) from error
        if not isinstance(row, dict):
            raise CorpusError("not a JSON object {..}", str(path), line)
        yield line, row


def plain(value: Any) -> Any:
    """An Arrow value as JSON can hold it: dates as ISO 8601, decimals as text, NaN as null."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def holds_bytes(kind: pa.DataType) -> bool:
    """Whether values of an Arrow type hold binary data, which no manifest keeps."""
    if pa.types.is_nested(kind):
        return any(holds_bytes(kind.field(index).type) for index in range(kind.num_fields))
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _delimited_dicts(path: str | Path, delimiter: str, quotes: bool, opened: Opened) -> Iterator[Row]:
    rows = delimited_rows(path, delimiter, quotes, opened)
    header = _header(path, next(rows, None))
    for line, fields in rows:
        if len(fields) != len(header):
            expected = f"{len(header)} ({', '.join(header)})"
            raise CorpusError(f"{len(fields)} fields where the header has {expected}", str(path), line)
        yield line, dict(zip(header, fields, strict=True))


def _header(path: str | Path, first: tuple[int, Sequence[str]] | None) -> list[str]:
    if first is None:
        raise CorpusError("empty; it should begin with the names of its columns", str(path))
    line, names = first
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CorpusError(f"two columns are called {twice!r}", str(path), line)
    return list(names)


def _parquet_rows(path: str | Path, opened: Opened) -> Iterator[Row]:
    row = 0
    try:
        with _parquet(path, opened) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=_readable(file.schema_arrow)):
                for values in batch.to_pylist():
                    row += 1
                    yield row, cast(dict[str, Any], plain(values))
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(f"cannot be read as Parquet: {error}", str(path), row + 1) from error


@contextmanager
def _parquet(path: str | Path, opened: Opened) -> Iterator[pq.ParquetFile]:
    with ExitStack() as stack:
        try:
            source = stack.enter_context(opened()) if opened else path
            file = stack.enter_context(pq.ParquetFile(source, pre_buffer=False))
        except OSError as error:
            raise _unreadable(path, error) from error
        except pa.ArrowException as error:
            raise CorpusError(f"cannot be read as Parquet: {error}", str(path)) from error
        yield file


def _readable(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if not holds_bytes(field.type)]


def _kind(path: str | Path) -> str:
    plain_path, suffix = os.path.splitext(str(path).lower())
    kind = os.path.splitext(plain_path)[1] if suffix == ".gz" else suffix
    if kind not in (*_DELIMITERS, ".jsonl", ".parquet"):
        raise CorpusError("unknown kind of table; there are .csv, .tsv, .jsonl (also .gz) and .parquet", str(path))
    return kind


@contextmanager
def _open(path: str | Path, opened: Opened) -> Iterator[IO[bytes]]:
    with opened() if opened else open(path, "rb") as raw:
        if str(path).lower().endswith(".gz"):
            with gzip.open(raw) as source:
                yield cast(IO[bytes], source)
        else:
            yield raw


def _unreadable(path: str | Path, error: Exception, line: int = 0) -> CorpusError:
    reason = "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
    return CorpusError(reason, str(path), line + 1 if line else None)
