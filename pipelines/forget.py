"""Forget: erases recordings from every generation, index and report of a store, and keeps them out.

This is the one operation that changes generations. Shards that hold such recordings are written again without
them, by copying the other rows; generations then name the new files, and the old ones are removed at once.

    keys by --where > forgotten.json (not done) > new shards > generations > old files > forgotten.json (done)

A crash anywhere leaves a store that readers can use and a list that says `not done`: the next build or
`wavemill forget STORE` goes on from there, since all that is left to do follows from the list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import Any

import pyarrow as pa

from manifests import generation, index
from manifests.errors import StoreError
from manifests.generation import Generation, ShardEntry
from manifests.storage import Storage
from manifests.store import Store
from manifests.where import Where, label_names
from pipelines.commit import in_store_order, write_views
from pipelines.credits import recounted
from pipelines.forgotten import Forgotten, read_forgotten
from pipelines.gc import Collected, names_of, runs_of, sweep
from pipelines.new_shard import IndexRow, Layout, NewShard
from pipelines.report.writing import NAME as REPORT
from pipelines.reuse import remembered, stored_of
from pipelines.small_files import write_spare
from pipelines.task import TaskId

REPLACEMENT = "(forgotten)"
NOTE = "; recordings were forgotten since"


@dataclass
class Erased:
    """What was forgotten. `examples` counts those of other recordings that went too: noise was drawn from these keys.

    `runs` are the folders of training runs that heard a forgotten recording, or may have.
    """

    keys: set[str] = field(default_factory=set)
    shards: int = 0
    examples: int = 0
    generations: list[int] = field(default_factory=list)
    removed: Collected = field(default_factory=Collected)
    runs: dict[str, str] = field(default_factory=dict)


def find(storage: Storage, where: str, runs: str | Path | None = None) -> Erased:
    """What `where` selects in any generation or candidate, and which training runs learnt from it; changes nothing.

    StoreError when no recording is selected: a name that is mistyped must not look like a success.
    """
    wanted, made = Where(where), Erased()
    if wanted.labels:
        wanted.require(set().union(*(label_names(table) for table in _indexes(storage, ["labels"]))))
    for table in _indexes(storage, sorted({"key", *wanted.columns})):
        made.keys |= set(table.filter(pa.array(wanted.mask(table)))["key"].to_pylist())
    if not made.keys:
        raise StoreError(f"{storage.root}: no recording of any generation fulfils {where!r}")
    for folder, facts in runs_of(storage, runs):
        if heard := _heard(storage, facts, made.keys):
            made.runs[str(folder)] = heard
    return made


def forget(storage: Storage, found: Erased) -> Erased:
    """Erases the recordings that `find` found; the caller has the store's lock."""
    _redact(storage, found.keys)
    read_forgotten(storage).adding(found.keys).write(storage)
    return finish(storage, found)


def finish(storage: Storage, made: Erased | None = None) -> Erased:
    """Erases whatever the list of the store names, as far as that is still to be done."""
    made = made or Erased()
    forgotten = read_forgotten(storage)
    if forgotten.done:
        return made
    rewriter = _Rewriter(storage, forgotten, made)
    for name in _names(storage):
        before = generation.read(storage, name)
        after = rewriter.rewritten(before)
        if after is not before:
            storage.replace(name, after.encode())
            made.generations.append(after.number)
    numbers = generation.numbers(storage)
    for number in numbers:
        write_spare(storage, generation.name_of(number))
    if numbers:
        write_views(storage, generation.load(storage))
    named = names_of(generation.read(storage, name) for name in _names(storage))
    sweep(storage, named, set(), -inf, made.removed)  # however young: the clock of an object store may be ahead
    storage.delete(REPORT)
    replace(forgotten, done=True).write(storage)
    return made


class _Rewriter:
    """Writes shards again without what is forgotten; a shard that several generations share, once."""

    def __init__(self, storage: Storage, forgotten: Forgotten, made: Erased) -> None:
        self._storage, self._forgotten, self._made = storage, forgotten, made
        self._done: dict[str, ShardEntry | None] = {}

    def rewritten(self, made: Generation) -> Generation:
        """The generation without what is forgotten; the very same object when it holds nothing of it."""
        entries = []
        for entry in made.shards:
            if entry.index not in self._done:
                self._done[entry.index] = self._entry(made, entry)
            entries.append(self._done[entry.index])
        shards = [entry for entry in entries if entry is not None]
        if shards == made.shards:
            return made
        after = replace(made, shards=in_store_order(shards), reason=made.reason.removesuffix(NOTE) + NOTE)
        return replace(after, corpora=recounted(after, self._storage, self._forgotten))

    def _entry(self, made: Generation, entry: ShardEntry) -> ShardEntry | None:
        store = Store(self._storage, made)
        rows = store.index(entry).to_pylist()
        kept = [row for row in rows if row["key"] not in self._forgotten]
        others = [row for row in kept if not (made.resources and self._draws(row))]
        if len(others) == len(rows):
            return entry
        self._made.shards += 1
        self._made.examples += len(kept) - len(others)
        return self._copy(store, entry, others) if others else None

    def _copy(self, store: Store, entry: ShardEntry, rows: Sequence[IndexRow]) -> ShardEntry:
        """A shard of some rows of another, as a build of these recordings alone would have made it."""
        layout, reader = Layout.of(store.generation), store.shard(entry) if entry.shard else None
        task, before = TaskId(layout.identity, entry.split), None
        with NewShard(self._storage, layout, entry.split) as made:
            for row in rows:
                made.add({name: row[name] for name in index.COLUMNS}, stored_of(row, reader))
                if row["key"] != before:
                    task.add(remembered(row))
                before = row["key"]
            keys = {row["key"] for row in rows}
            return made.finish(str(task), {key: why for key, why in entry.quarantined.items() if key in keys})

    def _draws(self, row: IndexRow) -> bool:
        """Whether something forgotten was mixed into an example: its notes name what was drawn."""
        return any(text in self._forgotten for text in _texts(json.loads(row["notes"] or "{}")))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _names(storage: Storage) -> list[str]:
    """Every generation, the newest first, and every candidate."""
    numbers = reversed(generation.numbers(storage))
    return [*(generation.name_of(number) for number in numbers), *generation.candidates(storage)]


def _indexes(storage: Storage, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of each index that a generation or a candidate names, once."""
    seen = set()
    for name in _names(storage):
        made = generation.read(storage, name)
        for entry in made.shards:
            if entry.index not in seen:
                seen.add(entry.index)
                yield Store(storage, made).index(entry, columns)


def _heard(storage: Storage, facts: dict[str, Any], keys: set[str]) -> str | None:
    """How a training run has to do with some recordings; None when it does not."""
    number = int(facts["generation"])
    if number not in generation.numbers(storage):
        return f"may have heard them: its generation {number} is gone"
    store = Store(storage, generation.load(storage, number))
    condition = Where(str(facts["where"]) if facts.get("where") else f"fate == '{index.PRODUCED}'")
    heard = set()
    for entry in store.generation.shards:
        if entry.split in ("train", facts.get("valid_split")):
            table = store.index(entry, sorted({"key", "fate", *condition.columns}))
            table = table.filter(pa.array(condition.mask(table)))
            heard |= {row["key"] for row in table.to_pylist() if row["fate"] == index.PRODUCED}
    return f"heard {len(heard & keys)} of them, in generation {number}" if heard & keys else None


def _redact(storage: Storage, keys: set[str]) -> None:
    """Takes keys out of the notes of builds; the report, with its sound, goes, and the next build writes another."""
    written = {key: json.dumps(key, ensure_ascii=False)[1:-1] for key in keys}
    for name in storage.names("runs"):
        before = after = storage.read(name).decode("utf-8", "replace")
        for key in written.values():
            after = after.replace(key, REPLACEMENT)
        if after != before:
            storage.replace(name, after.encode())
    storage.delete(REPORT)
