"""Source: the batches of one split of a store by their number, the same in every process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import xxhash
from numpy.typing import NDArray
from torch.utils.data import Dataset

from features.errors import FeatureError
from manifests.errors import ManifestError
from manifests.store import Store
from manifests.where import Where, label_names
from training.arrays import Arrays
from training.batches import Epoch, Plan, Position, Turn
from training.collate import Batch, collate
from training.errors import DataError, TrainingError
from training.join import Join
from training.weighing import Weighing
from training.window import Part, Window, examples

T = TypeVar("T")
Rows = NDArray[np.intp]
Failure = ManifestError | TrainingError | FeatureError
Made = tuple[Position, Batch | Failure]


@dataclass(frozen=True)
class Reading:
    """How examples are read: of which split, which arrays, which of the examples, and how likely each is drawn.

    `check` compares checksums; `notes` adds what was drawn when the store was built.
    """

    split: str
    arrays: Arrays
    where: Where | None = None
    weighing: Weighing | None = None
    check: bool = True
    notes: bool = False


class Source(Dataset[Made]):
    """Batches by their number; the same in every process."""

    def __init__(self, parts: Sequence[Part], plan: Plan, reading: Reading) -> None:
        self.parts, self.plan, self.reading = parts, plan, reading
        self._epochs, self._windows, self._batches = _Latest[Epoch](), _Latest[Window](), _Latest[list[Rows]]()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_windows": _Latest[Window]()}

    def __getitem__(self, turn: Turn) -> Made:
        """The batch, or the error that it met: raised where it is consumed, not in a worker."""
        try:
            return turn.after, self._make(turn)
        except (ManifestError, TrainingError, FeatureError) as error:
            return turn.after, error

    def count(self, epoch: Epoch, window: int) -> int:
        """The number of batches in a window."""
        known = epoch.count(window)
        return known if known is not None else len(self._open(epoch.number, window)[1])

    def generations(self) -> list[int]:
        """The numbers of the generations that are read, store by store."""
        return [store.generation.number for store in {id(part.store): part.store for part in self.parts}.values()]

    def numbering(self) -> dict[str, Any]:
        """What decides which examples a batch number stands for."""
        reading = self.reading
        names = [part.entry.index_digest for part in self.parts]
        join = reading.arrays.join
        weights = sorted(map(repr, reading.weighing.weights.items())) if reading.weighing else None
        return {
            "shards": xxhash.xxh3_128_hexdigest("\n".join(names).encode()),
            "where": reading.where.text if reading.where else None,
            "join": join.store.generation.identity if join else None,
            "weights": xxhash.xxh3_64_hexdigest("\n".join(weights).encode()) if weights else None,
            "arrays": [spec.name for spec in reading.arrays.heard],
            **{name: getattr(self.plan, name) for name in ("seed", "shuffle", "batch_size", "batch_seconds")},
        }

    def _make(self, turn: Turn) -> Batch:
        window, batches = self._open(turn.batch.epoch, turn.batch.window)
        arrays, check = self.reading.arrays, self.reading.check
        rows, values = window.read(batches[turn.batch.batch], check)
        if arrays.join:
            joined = arrays.join.read(rows, check)
            values = [{**own, **more} for own, more in zip(values, joined, strict=True)]
        if arrays.at_load:
            pairs = zip(rows, values, strict=True)
            values = [arrays.at_load.run(row, own, turn.batch.epoch) for row, own in pairs]
        return collate(rows, values, arrays.heard, weight=1.0 if turn.real else 0.0)

    def _open(self, number: int, window: int) -> tuple[Window, list[Rows]]:
        """A window of an epoch and its batches."""
        epoch = self._epochs.get(number, lambda: self.plan.epoch(number))
        shards = epoch.windows[window]
        opened = self._windows.get(shards, lambda: self._window(shards))
        return opened, self._batches.get((number, window), lambda: self._cut(epoch, window, opened))

    def _cut(self, epoch: Epoch, number: int, window: Window) -> list[Rows]:
        weighing = self.reading.weighing
        return epoch.batches(number, window.seconds, weighing.of(window) if weighing else None)

    def _window(self, shards: Sequence[int]) -> Window:
        reading = self.reading
        keep = reading.arrays.join.holds if reading.arrays.join else None
        parts = [self.parts[shard] for shard in shards]
        return Window(parts, reading.arrays.own, reading.where, keep, reading.notes)


class _Latest(Generic[T]):
    """Keeps what was made last, so that a store of one window is opened once."""

    def __init__(self) -> None:
        self._kept: tuple[object, T] | None = None

    def get(self, key: object, make: Callable[[], T]) -> T:
        if self._kept is None or self._kept[0] != key:
            self._kept = None  # its memory goes before the next one is made
            self._kept = key, make()
        return self._kept[1]


def count(stores: Sequence[Store], split: str, where: Where | None, join: Join | None) -> dict[Part, int]:
    """How many examples of each shard of a split `where` and the join leave, where any is left.

    WhereError for a label that none has; DataError where nothing is left.
    """
    parts = [
        Part(store, entry, number)
        for number, store in enumerate(stores)
        for entry in store.entries(split)
        if entry.examples
    ]
    labels: set[str] = set()
    counts = {part: _left(part, where, join, labels) for part in parts}
    if where:
        where.require(labels)
    left = {part: number for part, number in counts.items() if number}
    if not left:
        asked = f"where {where.text!r} leaves none" if where else "it has none"
        roots, total = ", ".join(str(store.storage.root) for store in stores), sum(part.entry.examples for part in parts)
        raise DataError(f"{roots}: no example in {split}: {asked} of {total}")
    return left


def _left(part: Part, where: Where | None, join: Join | None, labels: set[str]) -> int:
    """How many examples of a shard are left; `labels` learns their names."""
    if where is None and join is None:
        return part.entry.examples
    columns = dict.fromkeys(["key", "copy", "part", *(where.columns if where else [])])
    table = examples(part.store, part.entry, list(columns), None)
    kept = np.ones(table.num_rows, np.bool_)
    if where:
        labels |= label_names(table) if where.labels else set()
        kept &= where.mask(table)
    if join:
        kept &= join.holds(table)
    return int(kept.sum())
