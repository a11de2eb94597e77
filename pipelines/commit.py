"""Commit: the one step in which a build becomes what readers see."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from manifests import generation
from manifests.errors import ExistsError
from manifests.generation import Generation, ShardEntry
from manifests.storage import Storage
from pipelines.credits import credits_of
from pipelines.data_card import data_card
from pipelines.errors import LockedError
from pipelines.job import environment
from pipelines.small_files import write_spare
from pipelines.task import Job, digest

if TYPE_CHECKING:
    from pipelines.recipe import Recipe


def next_generation(
    recipe: Recipe, job: Job, shards: Sequence[ShardEntry], previous: Generation | None, reason: str = "built"
) -> Generation:
    """The generation that a build proposes."""
    return Generation(
        number=previous.number + 1 if previous else 1,
        recipe=recipe.name,
        format=job.format,
        chain=job.stages,
        seed=job.seed,
        fingerprint=job.fingerprint,
        probe=job.probe,
        identity=job.identity(),
        drift_of=job.drift_of,
        arrays=job.arrays,
        shards=in_store_order(shards),
        resources=job.resources,
        fitted=job.fitted,
        listings=job.listings,
        corpora=credits_of(recipe, job.mixed),
        environment=environment(),
        created=now(),
        description=recipe.description,
        recipe_text=recipe.text,
        labels=job.labels,
        parent=previous.number if previous else None,
        reason=reason,
    )


def commit(storage: Storage, made: Generation) -> Generation:
    """Writes a generation; when this returns, readers see it. What is there already is not touched.

    LockedError when another build has written a generation of that number.
    """
    try:
        storage.put_if_absent(generation.name_of(made.number), made.encode())
    except ExistsError as error:
        first = generation.load(storage, made.number)
        raise LockedError(
            f"{storage.root}: another build committed generation {made.number} at {first.created} ({first.run}) while "
            "this one ran, which has changed nothing; build again: the shards that it finished are found"
        ) from error
    write_views(storage, made)
    return made


def keep_candidate(storage: Storage, proposed: Generation) -> str:
    """Writes a generation that a gate refused, where no reader sees it, and `publish` finds it; its short name."""
    content = digest(proposed.identity, [asdict(entry) for entry in proposed.shards])[:8]
    storage.replace(f"{generation.CANDIDATE}{content}.json", proposed.encode())
    return content


def now() -> str:
    """The time, as generations note it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def in_store_order(shards: Sequence[ShardEntry]) -> list[ShardEntry]:
    """Shards as a generation lists them."""
    return sorted(shards, key=lambda entry: (entry.split, entry.lineage, entry.index))


def write_views(storage: Storage, current: Generation) -> None:
    """README.md, recipe.yaml and the spare: what follows from the current generation, and can be written again."""
    write_spare(storage, generation.name_of(current.number))
    for name, text in (("recipe.yaml", current.recipe_text), ("README.md", data_card(current))):
        if not storage.exists(name) or storage.read(name) != text.encode():
            storage.replace(name, text.encode())
