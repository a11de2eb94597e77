"""Plan: which shards to build, and why. Compares what exists with what was built; opens no audio.

A recording stays in the shard it was built into. New recordings absorb at most one small shard per split
and fill new ones; so a corpus that grows by a little costs a little.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import xxhash

from manifests import index
from manifests.errors import CorpusError
from manifests.generation import Generation, ShardEntry
from manifests.storage import LocalStorage
from pipelines.estimate import output_bytes, seconds_of, shard_target
from pipelines.explain import chain_change, counted
from pipelines.receipts import find_receipt
from pipelines.task import Job, Row, Task, task_id

if TYPE_CHECKING:
    from pipelines.recipe import Recipe


@dataclass(frozen=True)
class Planned:
    """A task with the reason for it."""

    task: Task
    reason: str


@dataclass
class Plan:
    """What a build will do. `kept` shards stay as they are; `found` were built by a build that did not end."""

    job: Job
    build: list[Planned] = field(default_factory=list)
    kept: list[ShardEntry] = field(default_factory=list)
    found: list[ShardEntry] = field(default_factory=list)
    dropped_shards: int = 0
    recordings: int = 0
    previous_recordings: int = 0
    dropped_recordings: int = 0

    @property
    def changes(self) -> bool:
        """Whether a build would make a new generation."""
        return bool(self.build or self.found or self.dropped_shards)


def plan(recipe: Recipe, rows: Iterable[Row], job: Job, previous: Generation | None, rebuild: bool = False) -> Plan:
    """The plan for `rows` (all recordings, in any order) over what `previous` holds."""
    storage = LocalStorage(job.store)
    ordered = in_order(rows, recipe.seed)
    made = Plan(job, recordings=len(ordered))
    change = _job_change(job, previous) if previous and not rebuild else "asked for" if previous else "new"
    old = _Old(storage, previous)
    made.previous_recordings = len(old.shard_of)
    made.dropped_recordings = len(old.shard_of.keys() - {row.key for row in ordered})
    reusable = previous.shards if previous and change is None else []
    members: dict[int, list[Row]] = defaultdict(list)
    fresh: dict[str, list[Row]] = defaultdict(list)
    for row in ordered:
        place = old.shard_of.get(row.key) if change is None else None
        if place is not None and reusable[place].split == row.split:
            members[place].append(row)
        else:
            fresh[row.split].append(row)
    planner = _Planner(made, storage, old, rebuild)
    total = sum(output_bytes(job, row) for row in ordered)
    target = shard_target(total, int(recipe.store.shard_bytes))
    absorbed = _tails(reusable, members, fresh, target)
    for place, entry in enumerate(reusable):
        if place in absorbed:
            continue
        if place in members:
            planner.existing(entry, members[place])
        else:
            made.dropped_shards += 1
    for split, new in sorted(fresh.items()):
        tail = next((place for place in absorbed if reusable[place].split == split), None)
        if tail is not None:
            new = in_order([*new, *members[tail]], recipe.seed)
        for part in _shards(new, job, target):
            planner.new(split, part, change or "new", reusable[tail] if tail is not None else None)
    if previous and change is not None:
        made.dropped_shards = len(previous.shards)
    return made


class _Planner:
    """Turns groups of rows into tasks, unless a receipt says that the work is done."""

    def __init__(self, made: Plan, storage: LocalStorage, old: _Old, rebuild: bool) -> None:
        self.made, self.storage, self.old, self.rebuild = made, storage, old, rebuild

    def existing(self, entry: ShardEntry, rows: list[Row]) -> None:
        """A shard of the last generation, with the rows that belong to it now."""
        identifier = task_id(self.made.job, entry.split, rows)
        if identifier == entry.task:
            self.made.kept.append(entry)
            return
        changed = sum(self.old.identity.get(row.key) != (row.digest, row.size, row.modified_ns) for row in rows)
        removed = entry.recordings - len(rows)
        reasons = [f"{counted(changed, 'recording')} changed"] if changed else []
        reasons += [f"{counted(removed, 'recording')} removed"] if removed else []
        self._task(identifier, entry.split, rows, " and ".join(reasons), entry)

    def new(self, split: str, rows: list[Row], reason: str, tail: ShardEntry | None) -> None:
        """A shard of recordings that are in none yet, with a small old shard mixed in where there is one."""
        copied = sum(row.key in self.old.identity for row in rows) if tail else 0
        if copied:
            reason = f"{counted(len(rows) - copied, 'new recording')} beside {copied} of a small shard"
        elif reason == "new":
            reason = counted(len(rows), "new recording")
        self._task(task_id(self.made.job, split, rows), split, rows, reason, tail)

    def _task(self, identifier: str, split: str, rows: list[Row], reason: str, reuse: ShardEntry | None) -> None:
        entry = None if self.rebuild else find_receipt(self.storage, identifier)
        if entry is not None:
            self.made.found.append(entry)
            return
        quarantine = {row.key: self.old.quarantine[row.key] for row in rows if row.key in self.old.quarantine}
        cost = sum(seconds_of(row) for row in rows)
        task = Task(identifier, split, rows, [asdict(reuse)] if reuse else [], quarantine, cost)
        self.made.build.append(Planned(task, reason))


class _Old:
    """What the last generation's indexes say of each recording."""

    def __init__(self, storage: LocalStorage, previous: Generation | None) -> None:
        self.shard_of: dict[str, int] = {}
        self.identity: dict[str, tuple[str, int, int]] = {}
        self.quarantine: Mapping[str, Sequence[str]] = previous.quarantine() if previous else {}
        for place, entry in enumerate(previous.shards if previous else []):
            columns = ["key", "row", "size", "modified_ns"]
            table = index.decode(storage.read(entry.index), entry.index, columns)
            for key, *identity in zip(*(table.column(name).to_pylist() for name in columns), strict=True):
                self.shard_of[key] = place
                self.identity[key] = tuple(identity)


def in_order(rows: Iterable[Row], seed: int) -> list[Row]:
    """The rows by a seeded hash of their keys; CorpusError when two of them have the same key."""
    ordered = sorted(rows, key=lambda row: (xxhash.xxh3_64_intdigest(row.key.encode(), seed), row.key))
    for one, other in pairwise(ordered):
        if one.key == other.key:
            places = " and ".join(str(row.recording.origin or row.recording.span.path) for row in (one, other))
            raise CorpusError(f"the key {one.key!r} stands there twice: {places}")
    return ordered


def _tails(
    shards: list[ShardEntry], members: Mapping[int, list[Row]], fresh: Mapping[str, list[Row]], target: int
) -> set[int]:
    """For each split that grows, its smallest shard, when it is below half of what a shard should hold."""
    found = set()
    for split in fresh:
        small = [(e.shard_bytes, place) for place, e in enumerate(shards) if e.split == split and place in members]
        if small and min(small)[0] < target / 2:
            found.add(min(small)[1])
    return found


def _shards(rows: list[Row], job: Job, target: int) -> Iterator[list[Row]]:
    """The rows cut into shards of about `target` bytes, evenly."""
    sizes = [output_bytes(job, row) for row in rows]
    count = max(1, round(sum(sizes) / target))
    share, held, part = sum(sizes) / count, 0.0, []
    for row, size in zip(rows, sizes, strict=True):
        part.append(row)
        held += size
        if held >= share:
            yield part
            held, part = held - share, []
    if part:
        yield part


def _job_change(job: Job, previous: Generation) -> str | None:
    """What about the recipe asks for building everything again; None when nothing does."""
    if job.fingerprint != previous.fingerprint:
        return chain_change(previous.chain, job.stages)
    if job.identity() == previous.identity:
        return None
    if job.format != previous.format:
        return f"store.format {previous.format} -> {job.format}"
    if job.arrays != previous.arrays:
        return "store.keep changed"
    changed = sorted(name for name in job.resources if job.resources[name] != previous.resources.get(name))
    if changed:
        return f"the corpus {changed[0]}, which stages draw from, changed"
    return "copies or labels changed" if job.probe == previous.probe else "the libraries give other bits than before"
