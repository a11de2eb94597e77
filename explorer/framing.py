"""Framing: arrays and what is known of them in one answer, so that a page draws the very numbers that were made.

    uint32 length N, little-endian | N bytes of JSON, padded with spaces | the arrays' bytes, each at a multiple of 8

Numbers come in the type that the store keeps them in, with the SHA-256 of their bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from features.audio.encode import pcm16
from features.example import Array, Audio, Features

ALIGNED = 8
KINDS = {Audio: "audio", Features: "features"}


@dataclass(frozen=True)
class Shown:
    """An array that is sent: what is known of it, and its numbers in the order in which they lie in a store."""

    facts: Mapping[str, Any]
    values: NDArray[Any]


def kind(value: Array) -> str:
    """audio, features or tokens."""
    return KINDS.get(type(value), "tokens")


def rate(value: Array) -> float | None:
    """Samples, frames or tokens a second."""
    if isinstance(value, Audio):
        return float(value.sample_rate)
    return value.frame_rate if isinstance(value, Features) else value.rate


def shown(name: str, value: Array, encoding: str | None) -> Shown:
    """An array as the store would keep it in an encoding; as float32, or int32 for tokens, where it keeps none.

    ExplorerError where float16 does not hold it, as the builder would say too.
    """
    if isinstance(value, Audio) and encoding in ("flac", "int16"):
        values: NDArray[Any] = pcm16(value)
    elif isinstance(value, Audio):
        values = value.samples.T if encoding else value.samples
    else:
        values = value.array
    default = "int32" if kind(value) == "tokens" else "float32"
    number = "int16" if encoding == "flac" else encoding or default
    with np.errstate(over="ignore"):
        raw = np.ascontiguousarray(values, np.dtype(number).newbyteorder("<"))
    if number == "float16" and not np.isfinite(raw).all():
        raise ExplorerError(f"{name} holds values that float16 does not hold; keep float32", f"keep.{name}")
    return Shown({"name": name, "kind": kind(value), "rate": rate(value), **encoded(raw)}, raw)


def encoded(values: NDArray[Any]) -> dict[str, Any]:
    """What is known of numbers as they are sent."""
    raw = np.ascontiguousarray(values).tobytes()
    return {
        "shape": list(values.shape),
        "encoding": values.dtype.name,
        "bytes": len(raw),
        "sha256": hashlib.sha256(raw).hexdigest(),
    }


def framed(header: Mapping[str, Any], arrays: Sequence[Shown]) -> bytes:
    """The answer: the header with `shown`, and the arrays."""
    facts, offset = [], 0
    for array in arrays:
        facts.append({**array.facts, "offset": offset})
        offset += -(-array.values.nbytes // ALIGNED) * ALIGNED
    text = json.dumps({**header, "shown": facts}, ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % ALIGNED)
    parts = [len(text).to_bytes(4, "little"), text]
    for array in arrays:
        parts += [np.ascontiguousarray(array.values).tobytes(), bytes(-array.values.nbytes % ALIGNED)]
    return b"".join(parts)
