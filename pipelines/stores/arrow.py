"""Arrow shards: an IPC stream whose schema Hugging Face datasets understands.

Features are list<fixed_size_list<number, bins>>, waveforms a flat list (interleaved when they have
several channels), FLAC a struct of bytes and path as the datasets package keeps audio. Arrow hands its buffers over
as they are, and so it is seen where each array's bytes lie, which the index must know.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from manifests.spec import ArraySpec
from manifests.storage import NewFile
from pipelines.stores.writer import Row, ShardWriter, Stored

BLOCK_BYTES = 8 << 20
NUMBERS = {"float32": pa.float32(), "float16": pa.float16(), "int16": pa.int16(), "int32": pa.int32()}
LABEL_TYPES = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "strings": pa.list_(pa.string()),
}
PLAIN = {
    "key": pa.string(),
    "copy": pa.int16(),
    "part": pa.int16(),
    "speaker": pa.string(),
    "text": pa.string(),
    "seconds": pa.float64(),
}


class ArrowWriter(ShardWriter):
    def __init__(self, sink: NewFile, arrays: Sequence[ArraySpec], labels: Mapping[str, str]) -> None:
        super().__init__(sink, arrays, labels)
        self.schema = _schema(self.arrays, self.labels)
        self._rows: list[Row] = []
        self._stored: list[Mapping[str, Stored]] = []
        self._held = 0
        self._through = _Through(sink)
        self._stream = pa.ipc.new_stream(self._through, self.schema)

    def _add(self, row: Row, stored: Mapping[str, Stored]) -> None:
        self._rows.append(row)
        self._stored.append(stored)
        self._held += sum(len(array.raw) for array in stored.values())
        if self._held >= BLOCK_BYTES:
            self._flush()

    def finish(self) -> None:
        if self._rows:
            self._flush()
        self._stream.close()

    def _flush(self) -> None:
        columns = [pa.array([row[name] for row in self._rows], kind) for name, kind in PLAIN.items()]
        labels = [json.loads(row["labels"]) for row in self._rows]
        columns += [pa.array([item.get(name) for item in labels], LABEL_TYPES[t]) for name, t in self.labels.items()]
        columns += [_column(spec, [stored[spec.name] for stored in self._stored], self._rows) for spec in self.arrays]
        batch = pa.record_batch(columns, schema=self.schema)
        self._through.places.clear()
        self._stream.write_batch(batch)
        for spec in self.arrays:
            values = _values(batch.column(spec.name), spec)
            place = self._through.places[values.address] if values.size else self.sink.size
            for row in self._rows:
                row[f"{spec.name}.offset"] = place
                place += row[f"{spec.name}.bytes"]
        self._rows, self._stored, self._held = [], [], 0


class _Through(io.RawIOBase):
    """What Arrow writes a shard through. `places` tells where each buffer begins in the shard, by its address."""

    def __init__(self, sink: NewFile) -> None:
        self._sink = sink
        self.places: dict[int, int] = {}

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        if isinstance(content, pa.Buffer):
            self.places[content.address] = self._sink.size
        return self._sink.write(memoryview(content))


def _column(spec: ArraySpec, stored: Sequence[Stored], rows: Sequence[Row]) -> pa.Array:
    values = pa.py_buffer(b"".join(array.raw for array in stored))
    if spec.encoding == "flac":
        offsets = pa.array(np.cumsum([0, *(len(array.raw) for array in stored)], dtype=np.int32))
        content = pa.Array.from_buffers(pa.binary(), len(stored), [None, offsets.buffers()[1], values])
        paths = pa.array([f"{row['key']}.flac" for row in rows], pa.string())
        return pa.StructArray.from_arrays([content, paths], names=["bytes", "path"])
    number = NUMBERS[spec.encoding]
    flat = pa.Array.from_buffers(number, values.size // (number.bit_width // 8), [None, values])
    steps = 1 if _is_nested(spec) else None
    counts = [array.length if steps else array.length * array.width for array in stored]
    items = pa.FixedSizeListArray.from_arrays(flat, spec.width) if steps else flat
    return pa.ListArray.from_arrays(pa.array(np.cumsum([0, *counts], dtype=np.int32)), items)


def _values(column: pa.Array, spec: ArraySpec) -> pa.Buffer:
    """The buffer of a written column that holds the arrays' bytes."""
    if spec.encoding == "flac":
        return column.field("bytes").buffers()[2]
    return (column.values.values if _is_nested(spec) else column.values).buffers()[1]


def _is_nested(spec: ArraySpec) -> bool:
    return spec.kind == "features"


def _schema(arrays: Sequence[ArraySpec], labels: Mapping[str, str]) -> pa.Schema:
    fields = [pa.field(name, kind) for name, kind in PLAIN.items()]
    fields += [pa.field(name, LABEL_TYPES[kind]) for name, kind in labels.items()]
    fields += [pa.field(spec.name, _type(spec)) for spec in arrays]
    described = {field.name: described_type(field.type) for field in fields[: len(PLAIN) + len(labels)]}
    described |= {spec.name: _described_array(spec) for spec in arrays}
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": described}})})


def _type(spec: ArraySpec) -> pa.DataType:
    if spec.encoding == "flac":
        return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    number = NUMBERS[spec.encoding]
    return pa.list_(pa.list_(number, spec.width)) if _is_nested(spec) else pa.list_(number)


def described_type(kind: pa.DataType) -> dict[str, Any]:
    """A plain column as the datasets package writes it into a schema."""
    if pa.types.is_list(kind):
        return {"feature": described_type(kind.value_type), "_type": "List"}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}


def _described_array(spec: ArraySpec) -> dict[str, Any]:
    if spec.encoding == "flac":
        return {"_type": "Audio"} | ({"sampling_rate": int(spec.rate)} if spec.rate else {})
    number = {"dtype": spec.encoding, "_type": "Value"}
    if _is_nested(spec):
        return {"feature": {"feature": number, "length": spec.width, "_type": "List"}, "_type": "List"}
    return {"feature": number, "_type": "List"}
