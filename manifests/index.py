"""Index: one row for every example of a shard, and one for every recording that gave none.

An index is a Parquet file of its own beside the shard. It holds each row's fate, so that the ledger is a
query over the indexes, and each array's place in the shard's bytes, so that one reader maps any format.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from manifests.errors import DamagedError
from manifests.spec import ArraySpec

PRODUCED, FILTERED, REJECTED = FATES = ("produced", "filtered", "rejected")

COLUMNS: dict[str, pa.DataType] = {
    "key": pa.string(),  # the recording's key, with its corpus in front: digits/recordings/0_theo_1.wav
    "copy": pa.int16(),  # 0 is the recording as it is
    "part": pa.int16(),  # 0, 1, .. where a stage made several examples of it
    "split": pa.string(),
    "fate": pa.string(),  # produced, filtered or rejected; a recording that gave no example has one row
    "stage": pa.string(),  # the stage whose verdict it was
    "reason": pa.string(),
    "speaker": pa.string(),
    "text": pa.string(),
    "labels": pa.string(),  # JSON object
    "extra": pa.string(),  # JSON object: every other column of the manifest
    "notes": pa.string(),  # JSON object: by stage, what was drawn, and the decoder
    "seconds": pa.float64(),  # of the source span, or of all together, as decoded; null where it was not decoded
    "corpus": pa.string(),
    "path": pa.string(),  # of a composed recording, those of all its files, with ", " between them
    "row": pa.string(),  # digest of the manifest row
    "size": pa.int64(),  # of the source file, of several the sum, and with it ..
    "identity": pa.string(),  # .. the modification time in nanoseconds or, in an object store, the ETag, of each
    "content": pa.string(),  # xxh3-128 of the source bytes; null where they could not be read
    "checksum": pa.string(),  # xxh3-128 over key, labels, text and array bytes; null without an example
}

ARRAY_COLUMNS: dict[str, pa.DataType] = {
    "offset": pa.int64(),  # of the array's first byte in the shard file
    "bytes": pa.int64(),
    "length": pa.int64(),  # time steps: frames or samples
    "width": pa.int32(),  # bins or channels
    "rate": pa.float64(),  # steps per second
}


def schema(arrays: Sequence[ArraySpec]) -> pa.Schema:
    """The columns of an index: COLUMNS, then `<array>.<name>` of ARRAY_COLUMNS for each kept array."""
    fields = list(COLUMNS.items())
    fields += [(f"{spec.name}.{name}", kind) for spec in arrays for name, kind in ARRAY_COLUMNS.items()]
    return pa.schema(fields)


def encode(rows: Sequence[dict[str, Any]], arrays: Sequence[ArraySpec]) -> bytes:
    """The rows as Parquet bytes; the same rows give the same bytes."""
    sink = io.BytesIO()
    table = pa.Table.from_pylist(list(rows), schema=schema(arrays))
    pq.write_table(table, sink, compression="zstd", store_schema=False)
    return sink.getvalue()


def decode(content: bytes, name: str = "index", columns: Sequence[str] | None = None) -> pa.Table:
    """The table in Parquet bytes; DamagedError, with the name, when they are none."""
    try:
        file = pq.ParquetFile(pa.BufferReader(content))  # read_table imports pandas, which takes a quarter of a second
        table = file.read(columns=list(columns) if columns else None)
    except (pa.ArrowException, OSError) as error:
        raise DamagedError(f"{name}: not a readable index: {error}") from error
    if missing := set(columns or ()) - set(table.column_names):
        raise DamagedError(f"{name}: an index without {', '.join(sorted(missing))}")
    return table


def first_rows(table: pa.Table) -> pa.Table:
    """The first row of each recording of an index: those of one follow each other."""
    keys = table["key"].combine_chunks()
    if len(keys) < 2:
        return table
    another = pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1))
    return table.filter(pa.concat_arrays([pa.array([True]), another]))
