"""ArraySpec: what a store keeps of each example, and how it lies on disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Encoding = Literal["float32", "float16", "int16", "int32", "flac"]


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """One kept array.

    On disk every array lies time first, (length, width): features are (frames, bins), audio is
    (samples, channels), tokens are (length, 1). `encoding` is the number type of the raw bytes, or `flac` (audio
    only, 16 bits). `rate` is steps per second (sample_rate, or frame_rate), `width` bins or channels; None where
    recordings differ.
    """

    name: str
    kind: Literal["audio", "features", "tokens"]
    encoding: Encoding
    width: int | None
    rate: float | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
