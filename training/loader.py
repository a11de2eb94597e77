"""Loader: batches from a store, for any torch loop.

    train = load("stores/digits@12", split="train", where="speaker != 'theo'", batch_seconds=120, workers=2)
    for epoch in range(10):
        for batch in train:
            loss = (model(batch.arrays["log_mel"], batch.lengths["log_mel"]) * batch.weight).sum()

Batches are numbered (see training.batches), and a worker is given numbers: it makes the same batch of a number
as any other would. Memory: the process that loads, and each of its workers, holds the index columns of one
window (several shards, 8,192 examples or more) and maps the shards of that window. For the whole split it
holds a count for each shard, known without opening an index unless `where`, `join` or `balance` has to be asked, and
16 bytes for each example of a store that is joined.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from features.chain import Chain
from features.stage import Stage
from manifests.spec import ArraySpec
from manifests.splits import TRAIN
from manifests.store import Store
from manifests.where import Where
from pipelines.errors import format_steps
from pipelines.recipe import Corpus, CorpusEntry, Name, StageEntry
from pipelines.wording import known_at, message, suggest
from training.arrays import choose
from training.batches import Plan, Position, Turn
from training.collate import Batch
from training.errors import DataError
from training.fit_at_load import Heard, fit_at_load
from training.source import Reading, Source, count
from training.stopping import outlive_sigterm
from training.weighing import weigh

__all__ = ["Batch", "Loader", "load"]


def load(
    store: str | Path | Sequence[str | Path],
    split: str,
    *,
    where: str | None = None,
    batch_size: int | None = None,
    batch_seconds: float | None = None,
    arrays: Sequence[str] | None = None,
    shuffle: bool = True,
    seed: int = 0,
    weights: Sequence[float] | None = None,
    balance: str | None = None,
    join: str | Path | None = None,
    stages: Sequence[Stage | str | Mapping[str, Any]] = (),
    fitted: Mapping[str, str] | None = None,
    corpora: Mapping[str, Corpus | Mapping[str, Any]] | None = None,
    workers: int = 0,
    rank: int | None = None,
    world: int | None = None,
    check: bool = True,
    notes: bool = False,
) -> Loader:
    """A loader of one split of the store at `store`: a path, or `path@12` for its generation 12, or several of them.

    `where` selects examples (manifests.where). Batches hold `batch_size` examples, or as many as fit into
    `batch_seconds` after padding, by their lengths as stored, times what `speed` draws. `arrays` are the names of those
    that a batch has, by default all. Without `shuffle`, examples come in stored order, each epoch the same.

    `weights`, one for each store, and `balance`, a label or `speaker`, draw examples instead of taking each once: an
    epoch has as many draws as examples, in which stores have the shares that weights say, and the values of the label
    come equally often (in each store, where both are given). `join` is a store with more arrays of the same examples,
    found by key, copy and part; examples that only one of both has are left out. `stages` (training.at_load) run on
    each example as it is read, written as in a recipe, with `corpora` to draw from. `fitted` is what those that are
    fitted on arrays (`standardize`) know, as the loader of train has it; without it, train is gone through for them
    unless the store keeps statistics.

    `workers` processes read ahead; 0 reads in this one. `rank` and `world` are those of torch.distributed where not
    given. `check` compares the checksum of every example before it is handed out; DamagedError, with the key, ends
    the iteration where one differs. `notes` adds what was drawn when the store was built, and by `stages`.

    StoreError: no store there, or no such split. WhereError: an expression that cannot be followed.
    DataError: no such array, no example left, stages that do not fit, arguments that contradict each other.
    """
    stores = [Store.open(name) for name in ([store] if isinstance(store, str | Path) else store)]
    if not stores or (weights is not None and len(weights) != len(stores)):
        raise DataError(f"{len(weights or ())} weights for {len(stores)} stores; name a store, or a weight for each")
    chain = Chain(parsed(list[StageEntry], [*stages], "stages"), seed) if stages else None
    condition = Where(where) if where is not None else None
    known = parsed(dict[Name, CorpusEntry], corpora or {}, "corpora")
    behind = _behind(store, where=where, join=join, seed=seed, check=check, corpora=corpora)
    fits = fit_at_load(chain, stores, fitted or {}, behind) if chain else {}
    joined = Store.open(join) if join is not None else None
    found = choose(stores, split, arrays, joined, chain, known, fits)
    counted = count(stores, split, condition, found.join, balance)
    weighing = weigh(counted, balance, weights)
    parts, sizes = list(counted), [examples.total() for examples in counted.values()]
    drawn = [weighing.of_shard(*pair) for pair in counted.items()] if weighing else []
    plan = Plan(sizes, seed, shuffle, batch_size, batch_seconds, drawn, [part.number for part in parts])
    source = Source(parts, plan, Reading(split, found, condition, weighing, check, notes))
    return Loader(source, workers, *_place(rank, world))


class Loader(IterableDataset[Batch]):
    """Batches of this rank, epoch after epoch: each `for` loop over it is one.

    It is a torch dataset whose items are whole batches: another DataLoader takes it with batch_size=None and
    num_workers=0, since it reads ahead by itself.

    The state is where training stands as consumed: batches that workers have read ahead do not count, the one
    that the loop is busy with does. A loop continues from the state that was loaded; otherwise it starts an
    epoch, the next one when the last was broken off.
    """

    def __init__(self, source: Source, workers: int, rank: int, world: int) -> None:
        self.source, self.rank, self.world = source, rank, world
        self._position, self._resumed = Position(), True
        self._counted: tuple[int, int] | None = None
        self._numbering = source.numbering()
        self._sampler = _Turns()
        self._made = DataLoader(
            source,
            batch_size=None,
            sampler=self._sampler,
            num_workers=workers,
            persistent_workers=workers > 0,
            worker_init_fn=outlive_sigterm,
            collate_fn=_as_it_is,
            generator=torch.Generator(),  # so that the global one gives the same numbers with and without us
        )

    @property
    def epoch(self) -> int:
        """The epoch of the next batch, from 0."""
        return self._position.epoch

    @property
    def specs(self) -> Sequence[ArraySpec]:
        """The arrays of a batch."""
        return self.source.reading.arrays.heard

    @property
    def fitted(self) -> Mapping[str, str]:
        """What the stages at load were fitted to, by their labels."""
        at_load = self.source.reading.arrays.at_load
        return at_load.fitted if at_load else {}

    def __len__(self) -> int:
        """Steps in the whole of this epoch, the same for every rank; another epoch may have a few more or fewer.

        With batch_seconds, where the number shows only as lengths are read, the indexes of the epoch are read for it.
        """
        epoch = self.source.plan.epoch(self.epoch)
        if self._counted is None or self._counted[0] != self.epoch:
            batches = sum(self.source.count(epoch, window) for window in range(len(epoch.windows)))
            self._counted = self.epoch, batches
        return -(-self._counted[1] // self.world)

    def set_epoch(self, epoch: int) -> None:
        """The next loop is this epoch, from its start, or from the state that was loaded where that is in it."""
        if not (self._resumed and self._position.epoch == epoch):
            self._position, self._resumed = Position(epoch), True

    def state_dict(self) -> dict[str, Any]:
        """Where training stands, as JSON: the number of the next batch, and what the numbering depends on."""
        return {**asdict(self._position), "generation": self.source.generations(), "numbering": self._numbering}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The next loop goes on from `state`, which may come from another number of ranks or workers.

        DataError, naming what differs, when batches are numbered otherwise here; the start of an epoch always fits.
        """
        position = Position(state["epoch"], state["window"], state["batch"])
        ours, theirs = self._numbering, state["numbering"]
        pairs = {name: (ours.get(name), theirs.get(name)) for name in {**ours, **theirs}}
        differ = [f"{name} is {now!r} and was {then!r}" for name, (now, then) in pairs.items() if now != then]
        if differ and position != Position(position.epoch):
            now, then = (", ".join(map(str, found)) for found in (self.source.generations(), state["generation"]))
            raise DataError(
                f"batches are numbered otherwise than in the state, in generation {now} here and {then} there: "
                f"{'; '.join(differ)}. Open the store as it was, or go on from the start of an epoch"
            )
        self._position, self._resumed = position, True

    def __iter__(self) -> Iterator[Batch]:
        if get_worker_info() is not None:
            raise DataError("each worker would read every batch: give the DataLoader num_workers=0, and load() workers")
        if not self._resumed and self._position != Position(self.epoch):
            self._position = Position(self.epoch + 1)
        self._resumed = False
        epoch = self.source.plan.epoch(self.epoch)
        count = partial(self.source.count, epoch)
        self._sampler.turns = epoch.turns(self._position, self.rank, self.world, count)
        for after, made in self._made:
            if isinstance(made, Exception):
                raise made
            self._position = after
            yield made


class _Turns:
    """The sampler of DataLoader: hands on the turns of the epoch that is under way."""

    def __init__(self) -> None:
        self.turns: Iterator[Turn] = iter(())

    def __iter__(self) -> Iterator[Turn]:
        return self.turns


def _behind(store: str | Path | Sequence[str | Path], **common: Any) -> Heard:
    """Goes through train, with one array behind some stages, in one process and in stored order."""

    def heard(before: Chain, name: str, fitted: Mapping[str, str]) -> Loader:
        chosen: dict[str, Any] = {"stages": before.stages, "fitted": fitted, **common}
        return load(store, TRAIN, arrays=[name], batch_size=16, shuffle=False, rank=0, world=1, **chosen)

    return heard


def parsed(kind: Any, value: Any, name: str) -> Any:
    """The value as a recipe's `kind`; DataError, with every mistake, where it is none."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        wrong = [f"{format_steps((name, *found['loc']))}: {_said(found, kind, value)}" for found in error.errors()]
        raise DataError("; ".join(wrong)) from error


def _said(found: ErrorDetails, kind: Any, value: Any) -> str:
    *place, last = found["loc"]
    if found["type"] == "extra_forbidden":
        return f"unknown parameter{suggest(str(last), known_at(kind, value, place))}"
    return "missing" if found["type"] == "missing" else message(found)


def _as_it_is(made: Any) -> Any:
    return made


def _place(rank: int | None, world: int | None) -> tuple[int, int]:
    """This process among those that train together."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        found = torch.distributed.get_rank(), torch.distributed.get_world_size()
    else:
        found = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    rank, world = found[0] if rank is None else rank, found[1] if world is None else world
    if not 0 <= rank < world:
        raise DataError(f"rank {rank} of {world} ranks; ranks count from 0")
    return rank, world
