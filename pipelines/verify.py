"""Verify: every byte of a generation against the digests that were written with it."""

from __future__ import annotations

from collections.abc import Iterator

from manifests import index
from manifests.errors import DamagedError
from manifests.generation import ShardEntry
from manifests.storage import file_digest
from manifests.store import Store


def damages(store: Store) -> Iterator[str]:
    """What is damaged, a line for each shard or index; nothing for a sound store.

    A shard whose bytes are not its digest's is read row by row, so that the line can name the examples.
    """
    for entry in store.generation.shards:
        try:
            rows = store.index(entry).to_pylist()
            if entry.shard:
                yield from _shard(store, entry, rows)
        except DamagedError as error:
            yield str(error)
        except ValueError as error:
            yield f"{entry.index}: {error}"


def _shard(store: Store, entry: ShardEntry, rows: list[dict[str, object]]) -> Iterator[str]:
    assert entry.shard is not None
    path = store.storage.path(entry.shard)
    if not path.exists():
        yield f"{path}: missing"
    elif file_digest(path) != entry.shard_digest:
        hurt = []
        reader = store.shard(entry)
        for row in rows:
            if row["fate"] == index.PRODUCED:
                try:
                    reader.check(row)
                except DamagedError:
                    hurt.append(str(row["key"]))
        named = ", ".join(hurt[:5]) + (" .." if len(hurt) > 5 else "")
        yield f"{path}: damaged; {f'examples: {named}' if hurt else 'outside of any example'}"
