"""Source: the batches of one split of a store by their number, the same in every process."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
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
from training.join import Join, Joined
from training.weighing import Weighing, column_of, values_of
from training.window import IDENTITY, Part, Window, examples

T = TypeVar("T")
Rows = NDArray[np.intp]
Failure = ManifestError | TrainingError | FeatureError
Made = tuple[Position, Batch | Failure]
_Opened = tuple[Window, Joined | None]


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
        self._epochs, self._windows, self._batches = _Latest[Epoch](), _Latest[_Opened](), _Latest[list[Rows]]()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_windows": _Latest[_Opened]()}  # mapped files stay in their process

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
            "arrays": sorted(spec.name for spec in reading.arrays.own),
            "stretched": _stretched(reading.arrays),
            **{name: getattr(self.plan, name) for name in ("seed", "shuffle", "batch_size", "batch_seconds")},
        }

    def _make(self, turn: Turn) -> Batch:
        (window, joined), batches = self._open(turn.batch.epoch, turn.batch.window)
        arrays, check = self.reading.arrays, self.reading.check
        numbers = batches[turn.batch.batch]
        rows, values = window.read(numbers, check)
        if joined:
            others, more = joined.read(numbers, check)
            rows = [{**other, **row} for row, other in zip(rows, others, strict=True)]
            values = [own | other for own, other in zip(values, more, strict=True)]
        if arrays.at_load:
            made = [arrays.at_load.run(*pair, turn.batch.epoch) for pair in zip(rows, values, strict=True)]
            rows, values = [row for row, _ in made], [found for _, found in made]
        return collate(rows, values, arrays.heard, weight=float(turn.real))

    def _open(self, number: int, window: int) -> tuple[_Opened, list[Rows]]:
        """A window of an epoch and its batches."""
        epoch = self._epochs.get(number, lambda: self.plan.epoch(number))
        shards = epoch.windows[window]
        opened = self._windows.get(shards, lambda: self._window(shards))
        return opened, self._batches.get((number, window), lambda: self._cut(epoch, window, opened[0]))

    def _cut(self, epoch: Epoch, number: int, window: Window) -> list[Rows]:
        weighing = self.reading.weighing
        return epoch.batches(number, self._seconds(epoch, window), weighing.of(window) if weighing else None)

    def _seconds(self, epoch: Epoch, window: Window) -> NDArray[np.float64]:
        """How long each example of a window will be, behind the stages at load as far as these know before."""
        at_load = self.reading.arrays.at_load
        if at_load is None or not at_load.stretches:
            return window.seconds
        keys, copies, parts = (window.facts[name].to_pylist() for name in IDENTITY)
        names = zip(keys, copies, parts, strict=True)
        factors = [at_load.stretch(key, copy, part, epoch.number) for key, copy, part in names]
        return np.asarray(window.seconds * np.array(factors), np.float64)

    def _window(self, shards: Sequence[int]) -> _Opened:
        reading, join = self.reading, self.reading.arrays.join
        parts = [self.parts[shard] for shard in shards]
        window = Window(parts, reading.arrays.own, reading.where, join.holds if join else None, reading.notes)
        return window, join.beside(window) if join and join.specs else None


def _stretched(arrays: Arrays) -> str | None:
    """A digest of the stages at load where they decide how long examples are, and so which ones make up a batch."""
    if arrays.at_load is None or not arrays.at_load.stretches:
        return None
    return xxhash.xxh3_64_hexdigest(json.dumps(arrays.at_load.chain.describe(), sort_keys=True).encode())


class _Latest(Generic[T]):
    """Keeps what was made last, so that a store of one window is opened once."""

    def __init__(self) -> None:
        self._kept: tuple[object, T] | None = None

    def get(self, key: object, make: Callable[[], T]) -> T:
        if self._kept is None or self._kept[0] != key:
            self._kept = None  # its memory goes before the next one is made
            self._kept = key, make()
        return self._kept[1]


def count(
    stores: Sequence[Store], split: str, where: Where | None, join: Join | None, label: str | None
) -> dict[Part, Counter[Any]]:
    """How many examples of each shard of a split `where` and the join leave, where any is left, by the value of a
    label. WhereError for a label that none has; DataError where nothing is left.
    """
    numbered = [(number, store) for number, store in enumerate(stores)]
    parts = [Part(store, entry, n) for n, store in numbered for entry in store.entries(split) if entry.examples]
    labels: set[str] = set()
    counts = {part: _left(part, where, join, label, labels) for part in parts}
    if where:
        where.require(labels)
    left = {part: found for part, found in counts.items() if found}
    if not left:
        asked = [f"where {where.text!r}"] if where else []
        asked += [f"the join with {join.store.storage.root}"] if join else []
        roots, total = (
            ", ".join(str(store.storage.root) for store in stores),
            sum(part.entry.examples for part in parts),
        )
        said = f"{' and '.join(asked)} leaves none of {total}" if asked else "it has none"
        raise DataError(f"{roots}: no example in {split}: {said}")
    return left


def _left(part: Part, where: Where | None, join: Join | None, label: str | None, labels: set[str]) -> Counter[Any]:
    """The examples of a shard that are left, by the value of a label; `labels` learns the names that `where` meets."""
    if where is None and join is None and label is None:
        return Counter({None: part.entry.examples})
    columns = {"key", *(where.columns if where else ()), *([column_of(label)] if label else ())}
    table = examples(part.store, part.entry, sorted(columns), None, join.holds if join else None)
    if where:
        labels |= label_names(table) if where.labels else set()
        table = table.filter(pa.array(where.mask(table)))
    return Counter(values_of(table, label))
