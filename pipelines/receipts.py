"""Receipts: what a finished task made, found again by a build that starts after a crash.

Beside the entry, a receipt holds a hash of each recording's key, so that a lost index can be made again even when the
corpus has grown since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

import xxhash

from manifests.errors import DamagedError
from manifests.generation import ShardEntry
from manifests.sealed import seal, unseal
from manifests.storage import Storage
from pipelines.task import receipt_name

FOLDER = "tasks"


def write_receipt(storage: Storage, entry: ShardEntry, keys: Iterable[str]) -> None:
    """Notes that a task is done, in place of an older note about it; `keys` are those of its recordings, in order."""
    hashes = "".join(f"{hash_of(key):016x}" for key in keys)
    storage.replace(receipt_name(entry.task), seal({**asdict(entry), "keys": hashes}))


def hash_of(key: str) -> int:
    """How a receipt names a recording."""
    return xxhash.xxh3_64_intdigest(key.encode())


def recordings_of(storage: Storage, name: str) -> set[int]:
    """The hashes of the recordings of a task; DamagedError for a receipt that is not as it was written."""
    text = unseal(storage.read(name), f"{storage.root}/{name}")["keys"]
    return {int(text[start : start + 16], 16) for start in range(0, len(text), 16)}


def read_receipt(storage: Storage, name: str) -> ShardEntry:
    """What a receipt says; DamagedError when it is not as it was written, or another task's."""
    place = f"{storage.root}/{name}"
    found = unseal(storage.read(name), place)
    found.pop("keys", None)
    try:
        entry = ShardEntry(**found)
    except TypeError as error:
        raise DamagedError(f"{place}: not a receipt: {error}") from error
    if receipt_name(entry.task) != name:
        raise DamagedError(f"{place}: the receipt of another task, {entry.task}")
    return entry


def find_receipt(storage: Storage, identifier: str) -> ShardEntry | None:
    """The entry of a task that was finished before; None when it was not, and then the work is done again.

    A receipt that is damaged, or whose files are gone, is as good as none.
    """
    name = receipt_name(identifier)
    if not storage.exists(name):
        return None
    try:
        entry = read_receipt(storage, name)
    except DamagedError:
        return None
    there = storage.exists(entry.index) and (entry.shard is None or storage.exists(entry.shard))
    return entry if there else None


def receipts(storage: Storage) -> Iterator[ShardEntry]:
    """What all sound receipts say."""
    for name in storage.names(FOLDER):
        try:
            yield read_receipt(storage, name)
        except DamagedError:
            continue
