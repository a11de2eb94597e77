"""Order: which recording is built before which, and so which ones share a shard.

A seeded hash of the key, so that a shard is a sample of the corpus. Recordings that are parts of a file stand behind
those that are files, by a hash of their file and then by their key: a builder reads the file once for all of them.
"""

from __future__ import annotations

from pipelines.spill import place_of
from pipelines.task import Row

_BEHIND = 1 << 64


def order_of(row: Row, seed: int) -> tuple[int, str]:
    """What rows are sorted by."""
    return _BEHIND | place_of(row.file, seed) if row.file else place_of(row.key, seed), row.key
