"""Broken: what a damaged shard held, and which of its recordings must be decoded again.

The index of a shard says so, where it is sound; its receipt holds a hash of each key as well. Where both are lost, a
sound shard names what it holds; and what no index has, belongs to the shard whose task id, a digest over recordings in
order, says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from manifests.errors import StoreError
from manifests.generation import Generation, ShardEntry
from manifests.storage import LocalStorage, Storage
from manifests.store import Store
from pipelines.mending import put_copy
from pipelines.new_shard import IndexRow
from pipelines.order import order_of
from pipelines.receipts import hash_of, recordings_of
from pipelines.reuse import remembered
from pipelines.stores.keys import keys_of
from pipelines.task import Row, TaskId, receipt_name
from pipelines.verify import damaged_examples

MOST_TRIED = 10_000_000
"""Rows that are hashed to find out which ones a shard lacks: some ten seconds."""


@dataclass
class Broken:
    """A shard or an index to make again. `kinds` says which of them is damaged: "index", "shard", or both.

    `known` holds the index row of each of its recordings, in order, where the index is sound; `wanted` are the
    keys among them that must be read from the sources. `rows` is what the task gets; `problem` says why it
    cannot get them.
    """

    entry: ShardEntry
    kinds: list[str]
    known: dict[str, IndexRow] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    reuse: ShardEntry | None = None
    rows: list[Row] = field(default_factory=list)
    problem: str = ""


def examine(storage: Storage, made: Generation, entry: ShardEntry, damaged: set[str], folder: Path) -> Broken:
    """What is to be done about a shard of which files are `damaged`; what is sound of it is copied from `folder`."""
    broken = Broken(entry, [kind for kind in ("index", "shard") if getattr(entry, kind) in damaged])
    if "index" in broken.kinds:
        return broken
    rows = Store(storage, made).index(entry).to_pylist()
    for row in rows:
        broken.known.setdefault(row["key"], row)
    broken.wanted = set(broken.known)
    scratch, old = (
        LocalStorage(folder),
        replace(entry, shard=f"old/{entry.lineage}", index=f"old/{entry.lineage}.index"),
    )
    try:
        with storage.local(str(entry.shard)) as path:
            put_copy(path, scratch, str(old.shard))
        hurt = damaged_examples(rows, scratch.path(str(old.shard)), made.arrays)
    except (OSError, StoreError):  # nothing to copy from
        return broken
    scratch.replace(old.index, storage.read(entry.index))
    broken.wanted, broken.reuse = {*hurt, *entry.quarantined}, old
    return broken


def find_rows(storage: Storage, made: Generation, broken: Sequence[Broken], sources: Iterable[Row]) -> None:
    """Gives each broken shard its rows: from its index, and from the sources where they must be read again."""
    wanted = {key: item for item in broken for key in item.wanted}
    lost = [item for item in broken if not item.known]
    noted: dict[int, Broken] = {}
    unsure: list[Broken] = []
    for item in lost:
        hashes, complete = _noted(storage, made, item)
        noted |= dict.fromkeys(hashes, item)
        unsure += [] if complete else [item]
    elsewhere = _hashes(storage, made, {item.entry.split for item in unsure}, broken)
    found: dict[str, Row] = {}
    unknown: list[Row] = []
    for row in sources:
        if row.key in wanted:
            found[row.key] = row
        elif (holder := noted.get(hash_of(row.key))) and holder.entry.split == row.split:
            holder.rows.append(row)
        elif row.split in elsewhere and not _holds(elsewhere[row.split], hash_of(row.key)):
            unknown.append(row)
    for item in broken:
        if item.known:
            item.rows, item.problem = _recalled(item, found)
    for split in elsewhere:
        items = [item for item in unsure if item.entry.split == split]
        _deal([row for row in unknown if row.split == split], items, made)
    for item in lost:
        item.rows.sort(key=lambda row: order_of(row, made.seed))
        if len(item.rows) != item.entry.recordings:
            item.problem = "its index is lost, and nothing tells which recordings of the sources it held"


def _noted(storage: Storage, made: Generation, item: Broken) -> tuple[set[int], bool]:
    """Hashes of the recordings of a shard without an index, and whether these are all.

    Its receipt holds all; where that is damaged as well, a sound shard holds those that were produced.
    """
    with suppress(StoreError, KeyError):
        return recordings_of(storage, receipt_name(item.entry.task)), True
    if item.entry.shard is None or "shard" in item.kinds:
        return set(), False
    with storage.local(item.entry.shard) as path:
        found = {hash_of(key) for key in keys_of(path, made.format)}
    return found, len(found) == item.entry.recordings


def _recalled(item: Broken, found: Mapping[str, Row]) -> tuple[list[Row], str]:
    """The rows of a shard whose index is sound, or why there are none."""
    gone = [key for key in item.known if key in item.wanted and key not in found]
    if gone:
        return [], f"gone from the sources: {_few(gone)}"
    changed = [key for key in item.known if key in item.wanted and found[key].digest != item.known[key]["row"]]
    if changed:
        return [], f"the sources say something else by now of {_few(changed)}"
    rows = [remembered(row) for row in item.known.values()]
    return [_as_built(row, found[row.key]) if row.key in item.wanted else row for row in rows], ""


def _as_built(before: Row, now: Row) -> Row:
    """A recording to decode again; its file's identity stays the one that the index has."""
    return now._replace(size=before.size, identity=before.identity)


def _deal(rows: list[Row], items: list[Broken], made: Generation) -> None:
    """Deals recordings that nothing names to shards that nothing else tells of.

    Where one shard lacks recordings, it takes them. Of several, those of which some are known take what completes
    their task ids. Shards of one build follow each other in the order of rows, so each of the others is a run of them,
    and its task id tells which. What becomes of it is compared in any case.
    """
    waiting = [item for item in items if len(item.rows) < item.entry.recordings]
    if len(waiting) == 1:
        waiting[0].rows += rows
        return
    rows = sorted(rows, key=lambda row: order_of(row, made.seed))
    for item in waiting:
        rows = _complete(item, rows, made) if item.rows else rows
    waiting, start = [item for item in waiting if not item.rows], 0
    while waiting:
        runs = ((item, rows[start : start + item.entry.recordings]) for item in waiting)
        named = (pair for pair in runs if _task_id(pair[1], pair[0].entry.split, made.identity) == pair[0].entry.task)
        item, run = next(named, (waiting[0], rows[start:]))
        item.rows, start = run, start + len(run)
        waiting.remove(item)


def _complete(item: Broken, rows: list[Row], made: Generation) -> list[Row]:
    """Gives a shard those of the rows with which its task id is right; the others. None where that takes too long."""
    lacking = item.entry.recordings - len(item.rows)
    if comb(len(rows), lacking) * item.entry.recordings > MOST_TRIED:
        return rows
    for some in combinations(rows, lacking):
        whole = sorted([*item.rows, *some], key=lambda row: order_of(row, made.seed))
        if _task_id(whole, item.entry.split, made.identity) == item.entry.task:
            item.rows = whole
            return [row for row in rows if row not in some]
    return rows


def _task_id(rows: Iterable[Row], split: str, identity: str) -> str:
    task = TaskId(identity, split)
    for row in rows:
        task.add(row)
    return str(task)


def _hashes(
    storage: Storage, made: Generation, splits: Iterable[str], broken: Sequence[Broken]
) -> dict[str, NDArray[np.uint64]]:
    """For each split the sorted hashes of all recordings in its sound indexes: 8 bytes for each."""
    lost = {item.entry.index for item in broken if not item.known}
    found = {}
    for split in splits:
        entries = [entry for entry in made.shards if entry.split == split and entry.index not in lost]
        keys = (key for entry in entries for key in Store(storage, made).index(entry, ["key"])["key"].to_pylist())
        found[split] = np.unique(np.fromiter((hash_of(key) for key in keys), np.uint64))
    return found


def _holds(hashes: NDArray[np.uint64], wanted: int) -> bool:
    at = int(np.searchsorted(hashes, np.uint64(wanted)))
    return at < len(hashes) and int(hashes[at]) == wanted


def _few(keys: Sequence[str]) -> str:
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
