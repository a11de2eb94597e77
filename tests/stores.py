"""A small store for tests, written without the builder: shards of raw bytes, their indexes, one generation."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import xxhash
from numpy.typing import NDArray

from manifests import index
from manifests.generation import Generation, ShardEntry, name_of
from manifests.shard import row_checksum
from manifests.spec import ArraySpec
from manifests.storage import LocalStorage

LOG_MEL = ArraySpec("log_mel", "features", "float16", 4, 100.0)
AUDIO = ArraySpec("audio", "audio", "flac", 1, 8000.0)


@dataclass(frozen=True)
class Made:
    """An example as it is to be stored: each array (length, width), in the type of its spec (int16 for flac)."""

    key: str
    arrays: Mapping[str, NDArray[Any]]
    labels: Mapping[str, Any] = field(default_factory=dict)
    speaker: str | None = None
    text: str | None = None
    copy: int = 0
    part: int = 0
    notes: Mapping[str, Any] = field(default_factory=dict)
    rate: float | None = None  # where the spec leaves it to the recording


def log_mel(rng: np.random.Generator, frames: int) -> NDArray[np.float16]:
    return rng.normal(size=(frames, 4)).astype(np.float16)


def audio(rng: np.random.Generator, samples: int) -> NDArray[np.int16]:
    return rng.integers(-32768, 32768, (samples, 1), dtype=np.int16)


def examples(count: int, seed: int = 0, name: str = "clip") -> list[Made]:
    """Examples of 2 to 60 frames, with a digit, a speaker and a text."""
    rng = np.random.default_rng(seed)
    return [
        Made(
            f"{name}/{number:04}.wav",
            {"log_mel": log_mel(rng, int(rng.integers(2, 61)))},
            {"digit": str(number % 10)},
            ("theo", "lucas", None)[number % 3],
            f"number {number}",
        )
        for number in range(count)
    ]


def write_store(
    root: Path,
    splits: Mapping[str, Sequence[Made]],
    arrays: Sequence[ArraySpec] = (LOG_MEL,),
    per_shard: int = 10,
    number: int = 1,
    fitted: Mapping[str, str] | None = None,
) -> Path:
    """Writes generation `number` of a store, `per_shard` examples in each shard; beside the examples, each index
    has a recording that was rejected. `fitted` is what stages were fitted to.
    """
    storage = LocalStorage(root)
    shards = [
        _shard(storage, split, f"{split}-g{number}-{start:05}", made[start : start + per_shard], arrays)
        for split, made in splits.items()
        for start in range(0, len(made), per_shard)
    ]
    publish(storage, number, arrays, shards, fitted=dict(fitted or {}))
    return root


def publish(
    storage: LocalStorage, number: int, arrays: Sequence[ArraySpec], shards: Sequence[ShardEntry], **more: Any
) -> None:
    """Writes generation `number` of a store, made of no recipe."""
    made = Generation(
        number=number,
        recipe="test",
        format="arrow",
        chain=[],
        seed=0,
        fingerprint="",
        probe="",
        identity="",
        arrays=list(arrays),
        shards=list(shards),
        **more,
    )
    storage.put_if_absent(name_of(number), made.encode())


def _shard(
    storage: LocalStorage, split: str, lineage: str, made: Sequence[Made], arrays: Sequence[ArraySpec]
) -> ShardEntry:
    rows: list[dict[str, Any]] = [
        {"key": f"{lineage}/broken", "split": split, "fate": index.REJECTED, "reason": "no audio"}
    ]
    body = b"a header of some bytes"
    for example in made:
        raws = [_stored(example.arrays[spec.name], spec) for spec in arrays]
        labels = json.dumps(example.labels)
        identity = (example.key, example.copy, example.part, example.speaker, example.text, labels)
        row = dict(zip(("key", "copy", "part", "speaker", "text", "labels"), identity, strict=True))
        row |= {"split": split, "fate": index.PRODUCED, "checksum": row_checksum(*identity, raws)}
        row |= {"notes": json.dumps(example.notes)}
        for spec, raw in zip(arrays, raws, strict=True):
            length, width = example.arrays[spec.name].shape
            place = {
                "offset": len(body),
                "bytes": len(raw),
                "length": length,
                "width": width,
                "rate": spec.rate or example.rate,
            }
            row |= {f"{spec.name}.{name}": value for name, value in place.items()}
            row["seconds"] = length / (spec.rate or 1)
            body += raw
        rows.append(row)
    content = index.encode(rows, arrays)
    entry = ShardEntry(
        split=split,
        lineage=lineage,
        task=lineage,
        shard=f"shards/{lineage}.arrow",
        shard_bytes=len(body),
        index=f"index/{lineage}.parquet",
        index_digest=xxhash.xxh3_128_hexdigest(content),
        recordings=len(made) + 1,
        produced=len(made),
        filtered=0,
        rejected=1,
        examples=len(made),
        seconds=1.0,
        shard_digest=xxhash.xxh3_128_hexdigest(body),
    )
    storage.put_if_absent(f"shards/{lineage}.arrow", body)
    storage.put_if_absent(entry.index, content)
    return entry


def _stored(values: NDArray[Any], spec: ArraySpec) -> bytes:
    if spec.encoding != "flac":
        return values.astype(spec.encoding).tobytes()
    sink = io.BytesIO()
    soundfile.write(sink, values, int(spec.rate or 0), format="FLAC", subtype="PCM_16")
    return sink.getvalue()
