"""Source: the batches of one split of a store by their number, the same in every process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
        self._epoch: Epoch | None = None
        self._window: tuple[tuple[int, int], Window, list[NDArray[np.intp]]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_window": None}

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

    def _open(self, number: int, window: int) -> tuple[Window, list[NDArray[np.intp]]]:
        """A window of an epoch and its batches; the last one is kept."""
        if self._window is None or self._window[0] != (number, window):
            if self._epoch is None or self._epoch.number != number:
                self._epoch = self.plan.epoch(number)
            entries = [self.entries[shard] for shard in self._epoch.windows[window]]
            opened = Window(self.store, entries, [spec.name for spec in self.specs], self.where)
            self._window = ((number, window), opened, self._epoch.batches(window, opened.seconds))
        return self._window[1:]


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
