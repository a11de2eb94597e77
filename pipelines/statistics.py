"""Statistics of what a store holds of train: taken once, in one pass, and kept as the corpus grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from features.moments import Moments
from manifests.generation import Generation, ShardEntry
from manifests.index import PRODUCED
from manifests.splits import TRAIN
from manifests.store import Store
from pipelines.errors import BuildError
from pipelines.task import Job

if TYPE_CHECKING:
    from pipelines.recipe import Recipe


def to_take(recipe: Recipe, job: Job, previous: Generation | None, refit: bool) -> list[str]:
    """The arrays whose statistics a build must take: those of the previous generation stand while its shards do."""
    stands = previous is not None and not refit and previous.identity == job.identity()
    known = previous.statistics if previous and stands else {}
    return [name for name in recipe.store.statistics if name not in known]


def statistics(store: Store, names: Sequence[str], take: Sequence[str], previous: Generation | None) -> dict[str, str]:
    """The statistics of some arrays of train, as JSON text: those to `take` anew, the others as they were.

    BuildError where train has no frame of them.
    """
    found = {name: Moments() for name in take}
    if take:
        for entry in store.generation.shards:
            if entry.split == TRAIN and entry.shard is not None:
                for name, frames in _arrays(store, entry, take):
                    found[name].add(frames)
    for name, moments in found.items():
        if not moments.frames:
            raise BuildError(f"store.statistics: train has no frame of {name}")
    known = previous.statistics if previous else {}
    return {name: found[name].encode() if name in found else known[name] for name in names}


def _arrays(store: Store, entry: ShardEntry, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Some arrays of each example of a shard, by name, each checked against its checksum."""
    reader = store.shard(entry)
    table = store.index(entry)
    for row in table.filter(pc.equal(table["fate"], PRODUCED)).to_pylist():
        reader.check(row)
        for name in names:
            yield name, reader.read(row, name)
