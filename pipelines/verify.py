"""Verify: every byte of a generation against the digests that were written with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xxhash

from manifests import index
from manifests.errors import DamagedError
from manifests.generation import ShardEntry
from manifests.shard import ShardReader
from manifests.storage import file_digest
from manifests.store import Store


def damages(store: Store) -> Iterator[str]:
    """What is damaged, a line for each shard or index; nothing for a sound store.

    A shard whose bytes are not its digest's is read row by row, so that the line can name the examples.
    """
    for entry in store.generation.shards:
        try:
            rows = _rows(store, entry)
            if entry.shard:
                yield from _shard(store, entry, rows)
        except DamagedError as error:
            yield str(error)
        except ValueError as error:
            yield f"{entry.index}: {error}"


def _rows(store: Store, entry: ShardEntry) -> list[dict[str, Any]]:
    """The rows of an index as it lies in the store, whatever a cache holds."""
    place, content = f"{store.storage.root}/{entry.index}", store.storage.read(entry.index)
    if xxhash.xxh3_128_hexdigest(content) != entry.index_digest:
        raise DamagedError(f"{place}: its digest is not the one in generation {store.generation.number}")
    rows: list[dict[str, Any]] = index.decode(content, place).to_pylist()
    return rows


def _shard(store: Store, entry: ShardEntry, rows: list[dict[str, Any]]) -> Iterator[str]:
    assert entry.shard is not None
    with store.storage.local(entry.shard) as path:
        if file_digest(path) == entry.shard_digest:
            return
        hurt = _hurt(path, store, [row for row in rows if row["fate"] == index.PRODUCED])
    named = ", ".join(hurt[:5]) + (" .." if len(hurt) > 5 else "")
    found = f"examples: {named}" if hurt else "outside of any example"
    yield f"{store.storage.root}/{entry.shard}: damaged; {found}"


def _hurt(path: Path, store: Store, rows: list[dict[str, Any]]) -> list[str]:
    """The keys of the examples whose bytes are others than those that were written."""
    if not path.stat().st_size:
        return [row["key"] for row in rows]
    reader, hurt = ShardReader(path, store.generation.arrays), []
    for row in rows:
        try:
            reader.check(row)
        except DamagedError:
            hurt.append(row["key"])
    return hurt
