"""Estimates, made without opening audio: how long a recording is, how much a store keeps of it."""

from __future__ import annotations

from posixpath import splitext

import numpy as np

from manifests.recording import Span
from pipelines.task import Job, Row

BYTES_PER_SECOND = {".flac": 20_000, ".mp3": 12_000, ".ogg": 10_000, ".opus": 4_000, ".m4a": 12_000}
"""Typical of speech corpora; what is not listed counts as WAV does."""

WAV_BYTES_PER_SECOND = 32_000
USUAL_RATE = {"audio": 16_000, "features": 100, "tokens": 15}
"""Steps per second where recordings differ."""

FLAC_RATIO = 0.6
SHARDS_WANTED = 32
SMALLEST_SHARD = 1 << 20


def seconds_of(span: Span, size: int) -> float:
    """The length of a span in a file of `size` bytes."""
    if span.seconds is not None:
        return span.seconds
    return (span.size or size) / BYTES_PER_SECOND.get(splitext(span.path)[1].lower(), WAV_BYTES_PER_SECOND)


def source_bytes(row: Row) -> int:
    """What is read for a recording: its files, or as much of them as a span of that length holds at most.

    What is beside a recording is as long as it.
    """
    files = 1 + len(row.recording.beside) if '"beside": {' in row.text else 1  # most rows need not be parsed for it
    return min(row.size, round(row.seconds * WAV_BYTES_PER_SECOND) * files)


def bytes_per_second(job: Job) -> float:
    """What the store will keep of a second of audio, once."""
    total = 0.0
    for spec in job.arrays:
        size = FLAC_RATIO * 2 if spec.encoding == "flac" else np.dtype(spec.encoding).itemsize
        total += (spec.rate or USUAL_RATE[spec.kind]) * (spec.width or 1) * size
    return total


def shard_target(total: float, shard_bytes: int) -> int:
    """The size of a shard: what the recipe asks for, and less where a corpus is too small to share the work.

    It depends on the corpus and never on the number of workers, so that these do not decide the bytes.
    """
    return int(min(shard_bytes, max(total / SHARDS_WANTED, SMALLEST_SHARD)))
