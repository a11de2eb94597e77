"""Repair: what is damaged is made again, bit by bit as it was, and nothing else is touched.

The recipe comes from the generation that lists a shard, so that whoever finds damage can mend it; the
environment variables of that build must be set. Sound rows are copied, damaged ones are decoded again. What
comes of it replaces a damaged file only when it has the digest that the generation names: in one step, so that
readers of the old file go on. The damaged file is kept below damaged/ until gc.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from manifests.errors import StoreError
from manifests.generation import Generation, ShardEntry
from manifests.storage import LocalStorage, Storage
from pipelines import executor
from pipelines.broken import Broken, examine, find_rows
from pipelines.credits import recounted
from pipelines.damage import Damage
from pipelines.explain import job_change
from pipelines.forgotten import read_forgotten
from pipelines.history import successor
from pipelines.job import make_job
from pipelines.mending import mend_receipts, mend_small_files, put_copy, set_aside
from pipelines.order import order_of
from pipelines.plan import Planned
from pipelines.recipe_file import load_recipe
from pipelines.scan import scan
from pipelines.small_files import damaged_small_files
from pipelines.spill import Rows
from pipelines.task import receipt_name
from pipelines.verify import Part, check, chosen, parts_of

if TYPE_CHECKING:
    from pipelines.recipe import Recipe
    from pipelines.task import Result

DROP = "--drop leaves it out, and the next build makes it anew"


@dataclass
class Repaired:
    """What was mended, file by file, what it took, and what could not be mended.

    `generation` is the new one that leaves out what could not be mended, where that was asked for.
    """

    files: list[str] = field(default_factory=list)
    shards: int = 0
    decoded: int = 0
    copied: int = 0
    left: list[Damage] = field(default_factory=list)
    generation: int | None = None


def repair(
    storage: Storage,
    recipe: str | Path | None = None,
    overrides: Sequence[str] = (),
    everything: bool = False,
    drop: bool = False,
    workers: int | None = None,
) -> Repaired:
    """Mends the current generation, with `everything` all of them; the caller has the store's lock.

    `recipe` is read instead of the one that the generation keeps: where corpora have moved, or plugins lie
    beside it. With `drop`, a new generation leaves out what cannot be made again, and the next build takes
    its recordings for new ones. StoreError, RecipeError and BuildError as in a build.
    """
    made = Repaired(mend_small_files(storage))
    generations = chosen(storage, everything=everything)
    parts = parts_of(storage, generations, everything)
    damaged = {damage.name for damage in check(storage, parts)[1]}
    for number, found in enumerate(generations):
        hurt = [part.entry for part in parts if part.made is found and damaged & part.names()]
        if hurt:
            with TemporaryDirectory(prefix="wavemill-repair-") as folder:
                mending = _Mending(storage, found, damaged, made, Path(folder))
                mending.run(hurt, recipe, overrides, workers or os.cpu_count() or 1)
        if drop and number == 0:
            _leave_out(storage, found, made)
    for part in parts:
        if part.made is None and damaged & part.names():
            _undo(storage, part.entry, damaged, made)
    made.files += mend_receipts(storage)
    made.left += damaged_small_files(storage)
    return made


class _Mending:
    """Makes the damaged shards and indexes of one generation again, in a folder of its own.

    What was mended, or cannot be, is no longer in `damaged` afterwards.
    """

    def __init__(self, storage: Storage, found: Generation, damaged: set[str], made: Repaired, folder: Path) -> None:
        self.storage, self.found, self.damaged, self.made, self.folder = storage, found, damaged, made, folder
        self.scratch = LocalStorage(folder)

    def run(self, hurt: Iterable[ShardEntry], path: str | Path | None, overrides: Sequence[str], workers: int) -> None:
        found, files = self.found, self.damaged
        broken = [examine(self.storage, found, entry, files, self.folder) for entry in hurt]
        recipe = self._recipe(path, overrides)
        made = make_job(recipe, str(self.storage.root), found.labels, fitted=found.fitted)
        job = replace(made, drift_of=found.drift_of)
        if job.identity() != found.identity:
            reason = f"cannot be made again as in generation {found.number}: {job_change(job, found)}"
            for item in broken:
                self._refuse(item, reason)
            return
        forgotten = read_forgotten(self.storage)
        find_rows(self.storage, found, broken, (row for row in scan(recipe) if row.key not in forgotten))
        for item in broken:
            if item.problem:
                self._refuse(item, f"cannot be made again: {item.problem}")
        tasks = {item.entry.task: item for item in broken if not item.problem}
        for result in executor.run(replace(job, store=str(self.folder)), list(self._planned(tasks)), None, workers):
            self._install(tasks[result.entry.task], result)

    def _recipe(self, path: str | Path | None, overrides: Sequence[str]) -> Recipe:
        number = self.found.number
        if path is None and not self.found.recipe_text:
            raise StoreError(f"{self.storage.root}: generation {number} keeps no recipe; name it with --recipe")
        kept = self.folder / f"recipe-of-generation-{number}.yaml"
        kept.write_text(self.found.recipe_text, "utf-8")
        return load_recipe(path or kept, overrides)

    def _planned(self, tasks: dict[str, Broken]) -> Iterator[Planned]:
        for task, item in tasks.items():
            rows = Rows(self.folder / f"rows-{task}")
            for row in item.rows:
                rows.add((order_of(row, self.found.seed)[0], *row))
            entry = item.entry
            yield Planned(
                task, entry.split, len(item.rows), entry.seconds, "damaged", item.reuse, rows, entry.quarantined
            )

    def _install(self, item: Broken, result: Result) -> None:
        """Puts what was made in the place of what is damaged, where it is what was there."""
        then, now = item.entry, result.entry
        self.made.shards += 1
        self.made.decoded += result.decoded
        self.made.copied += result.copied
        if any(digest != _digests(now)[kind] for kind, digest in _digests(then).items() if kind in item.kinds):
            self._refuse(item, "the sources have changed since: what they give now is not what was there")
        else:
            for kind in item.kinds:
                name = getattr(then, kind)
                set_aside(self.storage, name)
                put_copy(self.scratch.path(getattr(now, kind)), self.storage, name)
                self.made.files.append(name)
                self.damaged.discard(name)
        for name in Part(now, None).names():
            self.scratch.delete(name)

    def _refuse(self, item: Broken, problem: str) -> None:
        for kind in item.kinds:
            name = getattr(item.entry, kind)
            self.made.left.append(Damage(name, problem, DROP))
            self.damaged.discard(name)


def _digests(entry: ShardEntry) -> dict[str, str]:
    return {"index": entry.index_digest, "shard": entry.shard_digest}


def _leave_out(storage: Storage, current: Generation, made: Repaired) -> None:
    """Commits a generation without the shards that are still damaged."""
    damaged = {damage.name for damage in made.left}
    kept = [entry for entry in current.shards if not damaged & Part(entry, None).names()]
    if gone := len(current.shards) - len(kept):
        left = replace(current, shards=kept)
        left = replace(left, corpora=recounted(left, storage))
        made.generation = successor(storage, left, f"repaired: {gone} shards left out").number


def _undo(storage: Storage, entry: ShardEntry, damaged: set[str], made: Repaired) -> None:
    """Work that no generation lists is done again when it is needed: its receipt and its damaged files go."""
    storage.delete(receipt_name(entry.task))
    for name in sorted(damaged & Part(entry, None).names()):
        set_aside(storage, name)
        storage.delete(name)
        made.files.append(name)
