"""A store of very many rows, made in seconds: indexes column by column, and one small shard that all point into."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from manifests import index
from manifests.generation import ShardEntry
from manifests.shard import row_checksum
from manifests.storage import LocalStorage
from tests.stores import LOG_MEL, publish

PICTURES, FRAMES = 64, 40
WORDS = ("amber", "birch", "cloud", "delta", "ember", "frost", "grove", "heron", "iris", "jade", "kelp", "lilac")
SHARD = "shards/all.arrow"


def write_many(root: Path, rows: int, per_shard: int = 5000) -> Path:
    """A store of so many rows: 1 in 50 is rejected, 600 speakers, 50 labels, texts of four to eight words."""
    storage, rng = LocalStorage(root), np.random.default_rng(0)
    rates = np.linspace(0, 6, FRAMES)[:, None] + np.arange(PICTURES)[:, None, None]
    body = np.sin(rates * np.arange(1, 5)).astype(np.float16).tobytes()
    storage.put_if_absent(SHARD, body)
    entries = [
        _shard(storage, number, min(per_shard, rows - start), body, rng)
        for number, start in enumerate(range(0, rows, per_shard))
    ]
    more = {"labels": {"word": "string"}, "created": "2026-01-01T00:00:00Z", "reason": "built"}
    publish(storage, 1, [LOG_MEL], entries, **more)
    return root


def _shard(storage: LocalStorage, number: int, rows: int, body: bytes, rng: np.random.Generator) -> ShardEntry:
    split = "test" if number % 10 == 9 else "train"
    keys = [f"corpus/{number:04}/{place:06}.wav" for place in range(rows)]
    out = rng.random(rows) < 0.02
    speakers = [f"speaker-{one:03}" for one in rng.integers(0, 600, rows)]
    texts = [" ".join(WORDS[at] for at in line) for line in rng.integers(0, len(WORDS), (rows, 6))]
    words = rng.integers(0, 50, rows)
    labels = [json.dumps({"word": f"w{word:02}"}) for word in words]
    size = FRAMES * 4 * 2
    offsets = rng.integers(0, PICTURES, rows) * size
    checksums = [
        None if gone else row_checksum(key, 0, 0, speaker, text, label, [body[at : at + size]])
        for key, speaker, text, label, at, gone in zip(
            keys, speakers, texts, labels, offsets.tolist(), out, strict=True
        )
    ]

    def where_produced(values: object) -> pa.Array:
        return pa.array(values, mask=out)

    columns = {
        "key": keys,
        "copy": np.zeros(rows, np.int16),
        "part": np.zeros(rows, np.int16),
        "split": [split] * rows,
        "fate": np.where(out, index.REJECTED, index.PRODUCED).tolist(),
        "stage": pa.array(["decode"] * rows, mask=~out),
        "reason": pa.array([f"truncated: {place % 90} s are missing" for place in range(rows)], mask=~out),
        "speaker": speakers,
        "text": texts,
        "labels": labels,
        "extra": ["{}"] * rows,
        "notes": pa.array(['{"decode": {"sample_rate": 8000, "seconds": 0.4}}'] * rows, mask=out),
        "seconds": where_produced(rng.gamma(4, 0.5, rows).round(3)),
        "corpus": ["corpus"] * rows,
        "path": [key.partition("/")[2] for key in keys],
        "checksum": checksums,
        "log_mel.offset": where_produced(offsets),
        "log_mel.bytes": where_produced(np.full(rows, size)),
        "log_mel.length": where_produced(np.full(rows, FRAMES)),
        "log_mel.width": where_produced(np.full(rows, 4)),
        "log_mel.rate": where_produced(np.full(rows, 100.0)),
    }
    content = _encoded(columns, rows)
    made = int(np.count_nonzero(~out))
    entry = ShardEntry(
        split=split,
        lineage=f"{number:08}",
        task=f"{number:08}",
        shard=SHARD,
        shard_bytes=len(body),
        index=f"index/{split}-{number:08}.parquet",
        index_digest=xxhash.xxh3_128_hexdigest(content),
        recordings=rows,
        produced=made,
        filtered=0,
        rejected=rows - made,
        examples=made,
        seconds=2.0 * made,
        shard_digest=xxhash.xxh3_128_hexdigest(body),
    )
    storage.put_if_absent(entry.index, content)
    return entry


def _encoded(columns: dict[str, object], rows: int) -> bytes:
    """The columns as manifests.index writes them; those that are not there are empty."""
    schema = index.schema([LOG_MEL])
    found = [
        pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(rows, field.type)
        for field in schema
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(found, schema), sink, compression="zstd", store_schema=False)
    return sink.getvalue().to_pybytes()
