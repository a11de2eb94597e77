"""NewShard: rows go in, one after the other; a shard, its index and its receipt come of them.

Whoever writes shards does it here: the builder, and what copies rows from one shard to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xxhash

from manifests import index
from manifests.errors import ExistsError
from manifests.generation import Generation, ShardEntry
from manifests.spec import ArraySpec
from manifests.storage import Storage
from pipelines.receipts import write_receipt
from pipelines.stores import open_writer
from pipelines.stores.writer import Stored
from pipelines.task import Job, digest

IndexRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """What the shards of a generation have in common. `labels` maps each label to its type."""

    format: str
    arrays: Sequence[ArraySpec]
    labels: Mapping[str, str]
    identity: str

    @classmethod
    def of(cls, source: Job | Generation) -> Layout:
        identity = source.identity() if isinstance(source, Job) else source.identity
        return cls(source.format, source.arrays, source.labels, identity)


class NewShard:
    """A shard on its way. It is written as rows are added; `finish` gives the files their names.

    A context that ends without `finish` leaves nothing.
    """

    def __init__(self, storage: Storage, layout: Layout, split: str) -> None:
        self._storage, self._layout, self._split = storage, layout, split
        self._sink = storage.new_file("shards/new")
        self._writer = open_writer(layout.format, self._sink, layout.arrays, layout.labels)
        self._rows: list[IndexRow] = []

    def __enter__(self) -> NewShard:
        return self

    def __exit__(self, *problem: object) -> None:
        self._sink.__exit__(*problem)

    @property
    def temporary(self) -> str:
        """The local file that the shard is written to until it has a name."""
        return self._sink.path

    def add(self, row: IndexRow, stored: Mapping[str, Stored] | None) -> None:
        """An index row, with the arrays of its example; without, where the recording gave none."""
        self._rows.append(row)
        if stored is not None:
            self._writer.add(row, stored)

    def finish(self, task: str, quarantined: Mapping[str, Sequence[str]]) -> ShardEntry:
        """Writes the shard, its index and its receipt, in this order, each whole or not at all."""
        self._writer.finish()
        lineage, examples = self._lineage(), sum(row["fate"] == index.PRODUCED for row in self._rows)
        shard = f"shards/{self._split}-{lineage}.{self._layout.format}" if examples else None
        if shard:
            shard = _named(shard, self._sink.digest, self._sink.commit)
        content = index.encode(self._rows, self._layout.arrays)
        index_digest = xxhash.xxh3_128_hexdigest(content)
        name = f"index/{self._split}-{lineage}-{index_digest[:8]}.parquet"
        name = _named(name, index_digest, lambda name: self._storage.put_if_absent(name, content))
        fates = {row["key"]: row["fate"] for row in self._rows}
        firsts = (row for row in self._rows if not row["copy"] and not row["part"])
        entry = ShardEntry(
            split=self._split,
            lineage=lineage,
            task=task,
            shard=shard,
            shard_bytes=self._sink.size if shard else 0,
            index=name,
            index_digest=index_digest,
            recordings=len(fates),
            **{fate: sum(found == fate for found in fates.values()) for fate in index.FATES},
            examples=examples,
            seconds=round(sum(row["seconds"] or 0.0 for row in firsts), 6),
            shard_digest=self._sink.digest if shard else "",
            quarantined=dict(quarantined),
        )
        write_receipt(self._storage, entry, fates)
        return entry

    def _lineage(self) -> str:
        """What the shard was made from, known after reading: contents, rows, chain and resources."""
        made_from = [(row["key"], row["row"], row.get("content"), row["reason"]) for row in self._rows]
        return digest(self._layout.identity, self._split, made_from)[:16]


def _named(name: str, digest: str, commit: Callable[[str], None]) -> str:
    """Commits a file under its name, or under a longer one where a file that was damaged has it; the name."""
    try:
        commit(name)
    except ExistsError:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem}-{digest}{dot}{ending}"
        commit(name)
    return name
