"""What a file says of itself, container by container; each module reads one family from bytes, with no decoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["complete", "truncated", "damaged", "unknown"]


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found out about encoded bytes without decoding them.

    `frames` is the length per channel that the container declares, at `sample_rate`; None where it declares
    none (a stream). `verdict` compares what is declared with the bytes that are there, `reason` says it in
    words; FLAC declares a total that only decoding can confirm, so its verdict is at most unknown before.
    `fault` is what no decoder can make good (not audio, a rate that changes half-way); empty otherwise.
    """

    container: str
    codec: str = ""
    sample_rate: int | None = None
    channels: int | None = None
    frames: int | None = None
    bits: int | None = None
    """Bits of a sample as coded; None where the codec has no such number."""
    verdict: Verdict = "unknown"
    reason: str = "it declares no length"
    fault: str = ""
    start: int = 0
    """Where the container begins: after ID3v2 tags, or bytes that are none of it."""
    size_at: int | None = None
    """WAV: where a data size of 0 stands although samples follow it."""
    plain_at: int | None = None
    """WAV that is all there, of 16-bit integers, little-endian, with nothing between them: where the first one lies."""
