"""Shelf: the stores that are being looked at, each with what was read of it, within a bound of memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

from explorer.browsing import masks
from explorer.browsing.columns import Columns
from explorer.browsing.example import Looked
from explorer.browsing.manifest import reading
from explorer.browsing.scores import Scores
from explorer.browsing.selection import Selections
from explorer.errors import ExplorerError
from manifests import generation
from manifests.index import FATES
from manifests.shard import ShardReader
from manifests.store import Store, parse_address

MOST_BYTES = 400 << 20
"""Of columns, over all stores; what was looked at last stays in any case."""
READERS = 32
"""Shards of a store that stay mapped."""


@dataclass
class Opened:
    """A generation of a store, open for browsing."""

    store: Store
    scores: Scores
    columns: Columns = field(init=False)
    selections: Selections = field(init=False)
    _readers: OrderedDict[int, ShardReader] = field(default_factory=OrderedDict)
    _lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self.columns = Columns(self.store)
        self.selections = Selections(self.columns, lambda name: self.scores.numbers(self.columns, name))

    def look(self, row: int) -> Looked:
        """One row with its arrays; ExplorerError where there is none, DamagedError where its index is damaged."""
        try:
            shard, _ = self.columns.place(row)
        except IndexError as error:
            raise ExplorerError(f"There is no row {row}; there are {self.columns.rows}.", "row", 404) from error
        return Looked(self.store, self.columns.row(row), lambda: self._reader(shard))

    def summary(self) -> dict[str, Any]:
        """What a page must know at once: generations, splits with their counts, labels. No index is read for it."""
        made = self.store.generation
        splits = {}
        for split in made.splits():
            entries = [entry for entry in made.shards if entry.split == split]
            counts = {name: sum(getattr(one, name) for one in entries) for name in ("recordings", *FATES, "examples")}
            splits[split] = {**counts, "seconds": round(sum(one.seconds for one in entries), 3)}
        arrays = [spec.to_json() for spec in made.arrays]
        told: dict[str, Any] = {
            "name": made.recipe,
            "description": made.description,
            "format": made.format,
            "arrays": arrays,
        }
        told |= {"stages": made.chain, "seed": made.seed}
        labels = sorted(masks.label_names(self.columns))
        return {**told, "rows": self.columns.rows, "splits": splits, "labels": labels, "reading": reading(self.columns)}

    def _reader(self, shard: int) -> ShardReader:
        with self._lock:
            found = self._readers.pop(shard, None) or self.store.shard(self.columns.entries[shard])
            self._readers[shard] = found
            while len(self._readers) > READERS:
                self._readers.popitem(last=False)
            return found


class Shelf:
    """The stores of a server by name, opened when they are asked for."""

    def __init__(self, stores: Mapping[str, str], runs: Mapping[str, Path] | None = None) -> None:
        self._stores, self._runs = stores, runs or {}
        self._opened: OrderedDict[tuple[str, int], Opened] = OrderedDict()
        self._lock = RLock()

    def open(self, name: str, number: int | None = None) -> Opened:
        """A generation of a store, by default the one that its address names, or the current one.

        ExplorerError where there is no store of that name; StoreError where there is no such generation.
        """
        storage, pinned = parse_address(self.address(name))
        number = number if number is not None else pinned
        with self._lock:
            found = self._opened.get((name, number)) if number is not None else None
            if found is None:
                made = generation.load(storage, number)
                scores = Scores(self.address(name), self._runs)
                found = self._opened.get((name, made.number)) or Opened(Store(storage, made), scores)
            place = name, found.store.generation.number
            self._opened[place] = found
            self._opened.move_to_end(place)
            self._bound()
            return found

    def address(self, name: str) -> str:
        """Where a store lies; ExplorerError where there is none of that name."""
        if name not in self._stores:
            raise ExplorerError(f"No store is called {name!r} here.", "store", 404)
        return self._stores[name]

    def inside(self, message: str) -> str:
        """What is wrong with a store, without where it lies."""
        roots = sorted(
            (str(parse_address(address)[0].root) for address in self._stores.values()), key=len, reverse=True
        )
        for root in roots:
            message = message.replace(f"{root}/", "").replace(root, "the store")
        return message

    def generations(self, name: str) -> list[dict[str, Any]]:
        """Every generation of a store, the newest first; one that is damaged says so."""
        from pipelines.history import tags

        storage, _ = parse_address(self.address(name))
        named: dict[int, list[str]] = {}
        for tag, number in tags(storage).items():
            named.setdefault(number, []).append(tag)
        return [
            {"number": number, "tags": sorted(named.get(number, []))} | _described(storage, number)
            for number in reversed(generation.numbers(storage))
        ]

    def _bound(self) -> None:
        """Lets go of what was looked at longest ago."""
        while len(self._opened) > 1 and sum(one.columns.nbytes for one in self._opened.values()) > MOST_BYTES:
            self._opened.popitem(last=False)


def _described(storage: Any, number: int) -> dict[str, Any]:
    try:
        made = generation.load(storage, number)
    except ValueError as error:
        return {"problem": str(error).replace(f"{storage.root}/", "")}
    counts = {name: made.count(name) for name in ("recordings", "examples", "filtered", "rejected")}
    about = {"created": made.created, "parent": made.parent, "reason": made.reason}
    return {**counts, "seconds": round(made.count("seconds"), 3), **about}
