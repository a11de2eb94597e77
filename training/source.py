"""Source: the batches of one split of a store by their number, the same in every process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import xxhash
from numpy.typing import NDArray
from torch.utils.data import Dataset

from manifests.errors import ManifestError
from manifests.generation import ShardEntry
from manifests.spec import ArraySpec
from manifests.store import Store
from manifests.where import Where, label_names
from training.batches import Epoch, Plan, Position, Turn
from training.collate import Batch, collate
from training.errors import DataError
from training.window import Window, examples

T = TypeVar("T")
Rows = NDArray[np.intp]
Made = tuple[Position, Batch | ManifestError]


class Source(Dataset[Made]):
    """Batches by their number; the same in every process."""

    def __init__(
        self,
        store: Store,
        entries: Sequence[ShardEntry],
        plan: Plan,
        specs: Sequence[ArraySpec],
        where: Where | None,
        check: bool,
    ) -> None:
        self.store, self.entries, self.plan = store, entries, plan
        self.specs, self.where, self.check = specs, where, check
        self._epochs, self._windows, self._batches = _Latest[Epoch](), _Latest[Window](), _Latest[list[Rows]]()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_windows": _Latest[Window]()}

    def __getitem__(self, turn: Turn) -> Made:
        """The batch, or the error that it met: raised where it is consumed, not in a worker."""
        try:
            return turn.after, self._make(turn)
        except ManifestError as error:
            return turn.after, error

    def count(self, epoch: Epoch, window: int) -> int:
        """The number of batches in a window."""
        known = epoch.count(window)
        return known if known is not None else len(self._open(epoch.number, window)[1])

    def numbering(self) -> dict[str, Any]:
        """What decides which examples a batch number stands for."""
        shards = xxhash.xxh3_128_hexdigest("\n".join(entry.index_digest for entry in self.entries).encode())
        return {
            "shards": shards,
            "where": self.where.text if self.where else None,
            "arrays": [spec.name for spec in self.specs],
            **{name: getattr(self.plan, name) for name in ("seed", "shuffle", "batch_size", "batch_seconds")},
        }

    def _make(self, turn: Turn) -> Batch:
        window, batches = self._open(turn.batch.epoch, turn.batch.window)
        numbers = batches[turn.batch.batch]
        rows, readers = window.rows(numbers), window.readers(numbers)
        if self.check:
            for row, reader in zip(rows, readers, strict=True):
                reader.check(row)
        return collate(rows, readers, self.specs, weight=1.0 if turn.real else 0.0)

    def _open(self, number: int, window: int) -> tuple[Window, list[Rows]]:
        """A window of an epoch and its batches."""
        epoch = self._epochs.get(number, lambda: self.plan.epoch(number))
        shards = epoch.windows[window]
        opened = self._windows.get(shards, lambda: self._window(shards))
        return opened, self._batches.get((number, window), lambda: epoch.batches(window, opened.seconds))

    def _window(self, shards: Sequence[int]) -> Window:
        entries = [self.entries[shard] for shard in shards]
        return Window(self.store, entries, [spec.name for spec in self.specs], self.where)


class _Latest(Generic[T]):
    """Keeps what was made last, so that a store of one window is opened once."""

    def __init__(self) -> None:
        self._kept: tuple[object, T] | None = None

    def get(self, key: object, make: Callable[[], T]) -> T:
        if self._kept is None or self._kept[0] != key:
            self._kept = None  # its memory goes before the next one is made
            self._kept = key, make()
        return self._kept[1]


def counts_of(store: Store, split: str, where: Where | None) -> dict[str, int]:
    """The number of examples that `where` leaves of each shard, by the name of its index, where any is left."""
    entries = [entry for entry in store.entries(split) if entry.examples]
    counts = {entry.index: entry.examples for entry in entries}
    if where is not None:
        labels: set[str] = set()
        for entry in entries:
            table = examples(store, entry, where.columns, None)
            labels |= label_names(table) if where.labels else set()
            counts[entry.index] = int(where.mask(table).sum())
        where.require(labels)
    left = {name: count for name, count in counts.items() if count}
    if not left:
        asked = f"where {where.text!r} leaves none" if where else "it has none"
        raise DataError(f"{store.storage.root}: no example in {split}: {asked} of {sum(e.examples for e in entries)}")
    return left


def specs_of(store: Store, arrays: Sequence[str] | None) -> list[ArraySpec]:
    """The specs of the arrays of those names, by default of all; DataError where one cannot be put in batches."""
    specs = [store.array(name) for name in arrays] if arrays is not None else store.generation.arrays
    if not specs:
        raise DataError(f"{store.storage.root}: name at least one array")
    for spec in specs:
        if spec.width is None:
            raise DataError(f"{store.storage.root}: {spec.name} has a width of its own in each recording; name others")
    return list(specs)
