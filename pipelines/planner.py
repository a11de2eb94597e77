"""Planner: which shards to build, and why. Compares what exists with what was built; opens no audio.

A recording stays in the shard it was built into. New recordings absorb at most one small shard per split
and fill new ones; so a corpus that grows by a little costs a little. Rows pass through here as a stream
(pipelines.spill); what stays in memory is a few hundred bytes for each shard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from manifests.errors import CorpusError
from manifests.generation import Generation, ShardEntry
from manifests.storage import Storage
from manifests.store import Store
from pipelines.cost import Cost, Prices
from pipelines.estimate import shard_target
from pipelines.explain import counted, job_change
from pipelines.order import order_of
from pipelines.plan import Plan, Planned, Wishes
from pipelines.receipts import FOLDER as RECEIPTS
from pipelines.receipts import find_receipt
from pipelines.spill import Item, Part, Rows, Spill, grouped, place_of
from pipelines.task import Job, Row, TaskId, receipt_name

Was = tuple[int, str, int, str]
"""What the last generation says of a recording: its shard's position, row digest, size, identity."""


@dataclass
class _Group:
    """The rows of one shard, as they pass: its id so far, and what is to be said of it."""

    id: TaskId
    prices: Prices
    rows: int = 0
    seconds: float = 0.0
    changed: int = 0
    cost: Cost = field(default_factory=Cost)

    def add(self, row: Row, changed: bool, decode: bool) -> None:
        self.id.add(row)
        self.rows += 1
        self.seconds += row.seconds
        self.changed += changed
        if decode:
            self.prices.decode(self.cost, row)


class Planner:
    """Plans the rows of a spill over what the last generation holds. `folder` keeps the rows of the tasks."""

    def __init__(
        self, job: Job, storage: Storage, rows: Spill, previous: Generation | None, folder: Path, wishes: Wishes
    ) -> None:
        self.job, self.storage, self.rows, self.folder, self.wishes = job, storage, rows, folder, wishes
        self.identity = job.identity()
        self.prices = Prices(job)
        self.change = None if previous is None else "asked for" if wishes.rebuild else job_change(job, previous)
        self.shards = previous.shards if previous else []
        self.quarantine: dict[str, Sequence[str]] = {}
        if previous and not wishes.retry_quarantined:
            self.quarantine = previous.quarantine()
        self.reason = "" if previous is None or self.change is None else self.change
        self.old = Spill(folder, "old")
        if previous:
            self.old.extend(_old_rows(Store(self.storage, previous), job.seed))
        self.made = Plan(job, len(rows), previous_recordings=previous.count("recordings") if previous else 0)
        self.groups: dict[int, _Group] = {}
        self.fresh: dict[str, Rows] = {}
        self.fresh_seconds: dict[str, float] = {}
        self.changed: set[str] = set()

    @cached_property
    def _receipts(self) -> frozenset[str]:
        """The names of all receipts: one listing, where each would else be asked for."""
        return frozenset(self.storage.names(RECEIPTS))

    def plan(self, shard_bytes: int) -> Plan:
        """Two passes: every row finds its shard; then the rows of shards that change are laid aside for their tasks.

        A recording that has changed is another one, and leaves the quarantine.
        """
        asked = self.wishes.checksum
        for item, row, was, shard in self._assigned():
            changed = _changed(row, was)
            if changed:
                self.quarantine.pop(row.key, None)
            if shard is None:
                self._add_fresh(item, row)
            else:
                group = self.groups.get(shard) or self.groups.setdefault(shard, self._group(self.shards[shard].split))
                group.add(row, changed, changed or asked)
            self.made.again += was is not None and (shard is None or changed)
        total = sum(map(self._fresh_bytes, self.fresh)) + sum(self.shards[shard].shard_bytes for shard in self.groups)
        target = shard_target(total, shard_bytes)
        tails = self._tails(target)
        pending = self._keep(set(tails.values()))
        laid = self._lay_aside(pending, tails.values())
        for shard in pending:
            self._rebuild(shard, laid[shard])
        for split, fresh in sorted(self.fresh.items()):
            tail = tails.get(split)
            self._fill(split, fresh, target, tail, laid[tail] if tail is not None else None)
        return self.made

    def _assigned(self) -> Iterator[tuple[Item, Row, Was | None, int | None]]:
        """Every row in order, with what it was and the shard it stays in; None where it belongs to a new one.

        Parts of files are held file by file: as many as one file has, and those of the files beside it in a spill.
        """
        parts = Spill(Path(mkdtemp(dir=self.folder)), "parts")
        for item, row, was, shard in self._matched():
            if row.file:
                parts.extend([(place_of(row.file, self.job.seed), *row, was, shard)])
            else:
                yield item, row, was, shard
        for some in parts.parts():
            for _, *fields, was, shard in some:
                row = Row._make(fields)
                yield (order_of(row, self.job.seed)[0], *row), row, was, shard

    def _matched(self) -> Iterator[tuple[Item, Row, Was | None, int | None]]:
        """The same in the order of the keys."""
        self.made.dropped_recordings = 0
        for new, old in zip(self.rows.parts(), self.old.parts(), strict=True):
            known: dict[str, Was] = {row[1]: row[2:] for row in old}
            before = ""
            for item in new:
                row = Row._make(item[1:])
                if row.key == before:
                    raise _duplicate(row.key, [Row(*found[1:]) for found in new if found[1] == row.key])
                before = row.key
                was = known.pop(row.key, None)
                stays = was is not None and self.change is None and self.shards[was[0]].split == row.split
                yield item, row, was, was[0] if was is not None and stays else None
            self.made.dropped_recordings += len(known)

    def _add_fresh(self, item: Item, row: Row) -> None:
        if row.split not in self.fresh:
            self.fresh[row.split] = Rows(self.folder / f"fresh-{len(self.fresh)}")
            self.fresh_seconds[row.split] = 0.0
        self.fresh[row.split].add(item)
        self.fresh_seconds[row.split] += row.seconds

    def _fresh_bytes(self, split: str) -> float:
        """What the store will keep of the new recordings of a split."""
        return self.fresh_seconds[split] * self.prices.kept_per_second(split)

    def _group(self, split: str) -> _Group:
        return _Group(TaskId(self.identity, split), self.prices)

    def _tails(self, target: int) -> dict[str, int]:
        """For each split that grows, its smallest shard, when it is below half of what a shard should hold."""
        tails = {}
        for split in self.fresh:
            small = [(self.shards[n].shard_bytes, n) for n in self.groups if self.shards[n].split == split]
            if small and min(small)[0] < target / 2:
                tails[split] = min(small)[1]
        return tails

    def _keep(self, absorbed: set[int]) -> list[int]:
        """Keeps the shards whose rows are what they were; the numbers of those that must be built again."""
        pending = []
        for number, entry in enumerate(self.shards):
            if number not in self.groups:
                self.made.dropped_shards += 1
            elif number not in absorbed:
                if self._stands(entry, self.groups[number]):
                    self.made.kept.append(entry)
                else:
                    pending.append(number)
        return pending

    def _stands(self, entry: ShardEntry, group: _Group) -> bool:
        """Whether a shard is what it would be if it were built now.

        A file that was modified just before it was read has no identity in the index, so it counts as changed.
        """
        return str(group.id) == entry.task and not group.changed and not self._asked(entry)

    def _asked(self, entry: ShardEntry) -> bool:
        """Whether a person wishes this shard to be looked at again."""
        return self.wishes.checksum or (self.wishes.retry_quarantined and bool(entry.quarantined))

    def _lay_aside(self, pending: Iterable[int], tails: Iterable[int]) -> dict[int, Part]:
        """The rows of some shards. Of the tails, it notes which rows have changed."""
        wanted, small = {*pending, *tails}, {*tails}

        def rows() -> Iterator[tuple[int, Item]]:
            for item, row, was, shard in self._assigned():
                if shard in wanted:
                    yield shard, item
                    if shard in small and _changed(row, was):
                        self.changed.add(row.key)

        return grouped(self.folder, rows()) if wanted else {}

    def _rebuild(self, number: int, rows: Part) -> None:
        """A shard of the last generation, with the rows that belong to it now."""
        entry, group = self.shards[number], self.groups[number]
        removed = entry.recordings - group.rows
        reasons = [f"{counted(group.changed, 'recording')} changed"] if group.changed else []
        reasons += [f"{counted(removed, 'recording')} removed"] if removed else []
        other = "asked for" if self._asked(entry) else "its recordings are built in another order now"
        reason = " and ".join(reasons) or other
        self._task(group, entry.split, reason, entry, rows)

    def _fill(self, split: str, fresh: Rows, target: int, tail: int | None, tail_rows: Part | None) -> None:
        """Cuts new rows, with those of a small old shard mixed in, into shards of about `target` bytes."""
        rows = fresh
        if tail_rows is not None:
            rows = Rows(self.folder / f"merged-{split}")
            for item in merge(fresh, tail_rows):
                rows.add(item)
        entry = self.shards[tail] if tail is not None else None
        total = self._fresh_bytes(split) + (entry.shard_bytes if entry else 0)
        reason = self.reason or counted(fresh.count, "new recording")
        reason += f", with {len(tail_rows)} of a small shard" if tail_rows is not None else ""
        share = total / max(1, round(total / target)) / self.prices.kept_per_second(split)
        old = {item[1] for item in tail_rows or ()} - self.changed
        before, begun, group = 0.0, 0, self._group(split)
        for number, item in enumerate(rows):
            if before + group.seconds >= share:
                self._task(group, split, reason, entry, rows.part(begun, number))
                before, begun, group = before + group.seconds - share, number, self._group(split)
            row = Row._make(item[1:])
            group.add(row, False, row.key not in old)
        self._task(group, split, reason, entry, rows.part(begun, rows.count))

    def _task(self, group: _Group, split: str, reason: str, reuse: ShardEntry | None, rows: Iterable[Item]) -> None:
        """Plans a shard, unless a receipt says that an earlier build finished it."""
        identifier = str(group.id)
        entry = find_receipt(self.storage, identifier) if receipt_name(identifier) in self._receipts else None
        if entry is not None and self._counts(entry, reuse):
            self.made.found.append(entry)
            return
        self.prices.shard(group.cost, group.seconds * self.prices.kept_per_second(split), reuse is not None)
        self.made.build.append(
            Planned(
                identifier,
                split,
                group.rows,
                group.seconds,
                reason,
                reuse,
                rows,
                self.quarantine,
                self.wishes.checksum,
                group.cost,
            )
        )

    def _counts(self, receipt: ShardEntry, reuse: ShardEntry | None) -> bool:
        """Whether a receipt saves the work: not the one of the very shard that is to be built again."""
        if self.wishes.rebuild or (reuse and receipt.task == reuse.task):
            return False
        return not (self.wishes.retry_quarantined and receipt.quarantined)


def _changed(row: Row, was: Was | None) -> bool:
    return was is not None and was[1:] != (row.digest, row.size, row.identity)


def _old_rows(store: Store, seed: int) -> Iterator[tuple[Any, ...]]:
    columns = ["key", "row", "size", "identity"]
    for number, entry in enumerate(store.generation.shards):
        table = store.index(entry, columns)
        before = None
        for key, *was in zip(*(table.column(name).to_pylist() for name in columns), strict=True):
            if key != before:
                yield (place_of(key, seed), key, number, *was)
            before = key


def _duplicate(key: str, rows: Iterable[Row]) -> CorpusError:
    places = " and ".join(row.origin or str(row.recording.span.path) for row in rows)
    return CorpusError(f"the key {key!r} stands there more than once: {places}")
