"""Receipts: what a finished task made, found again by a build that starts after a crash."""

from __future__ import annotations

import json

from manifests.errors import DamagedError
from manifests.generation import ShardEntry
from manifests.storage import LocalStorage
from pipelines.task import receipt_name


def find_receipt(storage: LocalStorage, identifier: str) -> ShardEntry | None:
    """The entry of a task that was finished before, None when it was not; DamagedError for a broken receipt."""
    name = receipt_name(identifier)
    if not storage.exists(name):
        return None
    try:
        entry = ShardEntry(**json.loads(storage.read(name)))
    except (ValueError, TypeError) as error:
        raise DamagedError(f"{storage.root}/{name}: not a receipt: {error}") from error
    there = storage.exists(entry.index) and (entry.shard is None or storage.exists(entry.shard))
    return entry if there else None
