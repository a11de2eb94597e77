"""Receipts: what a finished task made, found again by a build that starts after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from manifests.errors import DamagedError
from manifests.generation import ShardEntry
from manifests.sealed import seal, unseal
from manifests.storage import Storage
from pipelines.task import receipt_name

FOLDER = "tasks"


def write_receipt(storage: Storage, entry: ShardEntry) -> None:
    """Notes that a task is done, in place of an older note about it."""
    storage.replace(receipt_name(entry.task), seal(asdict(entry)))


def read_receipt(storage: Storage, name: str) -> ShardEntry:
    """What a receipt says; DamagedError when it is not as it was written, or another task's."""
    place = f"{storage.root}/{name}"
    try:
        entry = ShardEntry(**unseal(storage.read(name), place))
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
