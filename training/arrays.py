"""Which arrays a batch has, and where they come from: a store, one that is joined to it, stages behind both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from features.chain import Chain
from features.stage import Stage
from manifests.spec import ArraySpec
from manifests.store import Store
from pipelines.recipe import Corpus
from training.at_load import AtLoad
from training.errors import DataError
from training.join import Join


@dataclass(frozen=True)
class Arrays:
    """`own` are read from the store itself, `join` from another, and `at_load` makes others of all of them.

    `wanted` are the names that were asked for, None for all; `heard` the arrays that a batch has in the end.
    """

    stores: Sequence[Store]
    split: str
    wanted: Sequence[str] | None
    own: Sequence[ArraySpec]
    join: Join | None = None
    at_load: AtLoad | None = None

    @property
    def heard(self) -> Sequence[ArraySpec]:
        return self.at_load.specs if self.at_load else [*self.own, *(self.join.specs if self.join else [])]

    def behind(
        self,
        stages: Sequence[Stage | Mapping[str, Any]],
        seed: int,
        corpora: Mapping[str, Corpus],
        fitted: Mapping[str, str],
    ) -> Arrays:
        """These arrays with stages behind them."""
        parsed = [stage if isinstance(stage, Stage) else Chain.parse([dict(stage)]).stages[0] for stage in stages]
        other = self.join.store if self.join else None
        there = list(_there(self.stores, other).values())
        at_load = AtLoad(self.split, Chain(parsed, seed), there, self.wanted, corpora, fitted)
        names = [spec.name for spec in at_load.reads]
        return replace(_read(self.stores, self.split, names, other), wanted=self.wanted, at_load=at_load)


def arrays_of(stores: Sequence[Store], split: str, wanted: Sequence[str] | None, join: Store | None) -> Arrays:
    """The arrays of these names in stores that hold the same, and in one that is joined to them.

    DataError where one is not there, or cannot be put in batches.
    """
    there = _there(stores, join)
    known = [name for name in wanted if name in there] if wanted is not None else list(there)
    return replace(_read(stores, split, known, join), wanted=wanted)


def check(arrays: Arrays) -> None:
    """DataError unless every array that was asked for is there, and has one width."""
    root = arrays.stores[0].storage.root
    known = [spec.name for spec in arrays.heard]
    for name in arrays.wanted or ():
        if name not in known:
            there = list(_there(arrays.stores, arrays.join.store if arrays.join else None))
            close = get_close_matches(name, there, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise DataError(f"{root}: no array {name!r}{hint} (there: {', '.join(there)})")
    for spec in arrays.heard:
        if spec.width is None:
            raise DataError(f"{root}: {spec.name} has a width of its own in each recording; name others")
    if not arrays.own:
        raise DataError(f"{root}: name at least one array of this store")


def _read(stores: Sequence[Store], split: str, names: Sequence[str], other: Store | None) -> Arrays:
    own = {spec.name: spec for spec in stores[0].generation.arrays}
    join = None
    if other is not None:
        join = Join(
            other, split, [spec for spec in other.generation.arrays if spec.name in names and spec.name not in own]
        )
    return Arrays(stores, split, names, [own[name] for name in names if name in own], join)


def _there(stores: Sequence[Store], join: Store | None) -> dict[str, ArraySpec]:
    """The arrays of the stores, and those of the joined one that they do not have."""
    first = stores[0]
    for other in stores[1:]:
        if other.generation.arrays != first.generation.arrays:
            raise DataError(f"{other.storage.root} holds other arrays than {first.storage.root}; they cannot be mixed")
    joined = join.generation.arrays if join is not None else []
    return {spec.name: spec for spec in [*joined, *first.generation.arrays]}
