"""Fitting stages at load: what they must know of the arrays of train, from the store or from a pass over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

from features.chain import Chain
from features.example import Example, Features
from features.stage import FittedStage
from manifests.splits import TRAIN
from manifests.store import Store
from training.collate import Batch
from training.errors import DataError

Heard = Callable[[Chain, str, Mapping[str, str]], Iterable[Batch]]
"""Batches of train with one array, by its name, behind stages that know what was fitted so far."""


def fit_at_load(chain: Chain, stores: Sequence[Store], known: Mapping[str, str], heard: Heard) -> dict[str, str]:
    """What is `known`, and what the stages that are fitted on arrays know besides, by their labels.

    Statistics that all stores keep of a stored array are taken; others are those of the first epoch of train.
    DataError where there is nothing in train to fit on.
    """
    found = dict(known)
    for label, position in chain.to_fit().items():
        stage = cast(FittedStage, chain.stages[position])
        if not stage.on_arrays or label in found:
            continue
        name = stage.of  # type: ignore[attr-defined]
        kept = _kept(stores, name)
        if kept is not None:
            found[label] = kept
            continue
        before = Chain(chain.stages[:position], chain.seed)
        try:
            found[label] = stage.fit(_examples(heard(before, name, found), name))
        except ValueError as error:
            raise DataError(f"stages[{position}].{label}: {error} in {TRAIN}") from error
    return found


def _kept(stores: Sequence[Store], name: str) -> str | None:
    """The statistics of a stored array, where all stores keep the same."""
    first, *others = [store.generation.statistics.get(name) for store in stores]
    return first if all(other == first for other in others) else None


def _examples(batches: Iterable[Batch], name: str) -> Iterator[Example]:
    for batch in batches:
        lengths = batch.lengths[name].tolist()
        for key, array, length in zip(batch.keys, batch.arrays[name].numpy(), lengths, strict=True):
            yield Example(key, None, {name: Features(array[:length], 0.0)}, split=TRAIN)
