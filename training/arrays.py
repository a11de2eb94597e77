"""Which arrays a batch has, and where they come from: a store, one that is joined to it, stages behind both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.chain import Chain
from manifests.spec import ArraySpec
from manifests.store import Store
from pipelines.recipe import Corpus
from training.at_load import AtLoad, require
from training.errors import DataError
from training.join import Join


@dataclass(frozen=True)
class Arrays:
    """`own` are read from the store itself, others by `join`; `at_load` makes more of them; a batch has `heard`."""

    own: Sequence[ArraySpec]
    heard: Sequence[ArraySpec]
    join: Join | None = None
    at_load: AtLoad | None = None


def choose(
    stores: Sequence[Store],
    split: str,
    wanted: Sequence[str] | None,
    join: Store | None,
    chain: Chain | None,
    corpora: Mapping[str, Corpus],
    fitted: Mapping[str, str] | None = None,
) -> Arrays:
    """The arrays with the names that are wanted (None: all) of stores that hold the same, of the store that is joined
    to them, and of the stages behind both, which know what is `fitted` besides what the stores do. A joined array whose
    name the stores have too is not read.

    DataError where one is not there, or cannot be put in batches.
    """
    root = stores[0].storage.root
    own = {spec.name: spec for spec in _same(stores)}
    there = own | {spec.name: spec for spec in (join.generation.arrays if join else ()) if spec.name not in own}
    at_load = None
    if chain is None:
        require(there, wanted or (), f"{root}: ")
        reads = heard = [there[name] for name in (there if wanted is None else wanted)]
    else:
        at_load = AtLoad(
            split, chain, list(there.values()), wanted, corpora, {**stores[0].generation.fitted, **(fitted or {})}
        )
        reads, heard = at_load.reads, at_load.specs
    for spec in heard:
        if spec.width is None:
            raise DataError(f"{root}: {spec.name} has a width of its own in each recording; name others")
    if not any(spec.name in own for spec in reads):
        raise DataError(f"{root}: name at least one array of this store")
    joined = Join(join, split, [spec for spec in reads if spec.name not in own]) if join else None
    return Arrays([spec for spec in reads if spec.name in own], heard, joined, at_load)


def _same(stores: Sequence[Store]) -> Sequence[ArraySpec]:
    """The arrays that all stores hold; DataError where they differ, or tokens mean other things."""
    first = stores[0]
    for other in stores[1:]:
        pair = f"{other.storage.root} and {first.storage.root}"
        if other.generation.arrays != first.generation.arrays:
            raise DataError(f"{pair} hold different arrays; they cannot be mixed")
        if other.generation.fitted != first.generation.fitted:
            raise DataError(f"{pair} were fitted to different data, so their tokens differ; they cannot be mixed")
    return first.generation.arrays
