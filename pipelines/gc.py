"""Garbage collection: generations beyond their time, and the files that nothing names any more."""

from __future__ import annotations

import json
import time
from calendar import timegm
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from manifests import generation
from manifests.errors import StoreError
from manifests.generation import Generation
from manifests.storage import TEMPORARY, Listed, Storage
from pipelines import receipts
from pipelines.history import tags
from pipelines.recipe import Retain
from pipelines.small_files import DAMAGED, SPARE, TAGS, spare_of
from pipelines.task import receipt_name
from pipelines.yaml_nodes import parse
from pipelines.yaml_source import Document

DAY = 86_400.0
KEEP, KEEP_DAYS = 5, 30.0
"""What stays where neither the recipe nor the command line says otherwise: so many generations, and so many days."""
SWEPT = (receipts.FOLDER, "index", "shards", DAMAGED)
"""Folders of files that must be named to stay; receipts first, so that none ever names a file that is gone."""
OTHERS = (".", generation.FOLDER, TAGS, SPARE, f"{SPARE}/{generation.FOLDER}", f"{SPARE}/{TAGS}", "runs")
"""Folders where only temporary files are looked for."""


@dataclass
class Collected:
    """What was removed, or would be: numbers of generations, names of files, and their bytes."""

    generations: list[int] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    bytes: int = 0

    def add(self, found: Listed) -> None:
        self.files.append(found.name)
        self.bytes += found.size


def collect(
    storage: Storage,
    keep: int = KEEP,
    keep_days: float = KEEP_DAYS,
    older_than: float = DAY,
    pinned: Iterable[int] = (),
    dry_run: bool = False,
) -> Collected:
    """Removes older generations, then every file that is older than `older_than` seconds and named by nothing.

    The newest `keep` generations stay, those younger than `keep_days`, those that have a tag, and those in
    `pinned`, which runs were trained on. The caller has the store's lock. A crash leaves files for the next time.
    StoreError, and nothing is removed, while any generation, candidate or tag is damaged: it may name any file.
    """
    numbers = generation.numbers(storage)
    there = [generation.load(storage, number) for number in numbers]
    waiting = {name: generation.read(storage, name) for name in generation.candidates(storage)}
    stays = {*numbers[-max(1, keep) :], *tags(storage).values(), *pinned}
    youngest = time.time() - keep_days * DAY
    made = Collected()
    kept: list[Generation] = []
    for found in there:
        if found.number in stays or seconds_of(found.created) > youngest:
            kept.append(found)
        else:
            made.generations.append(found.number)
    if not dry_run:
        for number in made.generations:
            storage.delete(spare_of(generation.name_of(number)))
            storage.delete(generation.name_of(number))
    stale = {name for name, found in waiting.items() if found.parent != (numbers[-1] if numbers else None)}
    kept += [found for name, found in waiting.items() if name not in stale]
    sweep(storage, names_of(kept), stale, older_than, made, dry_run)
    return made


def retention(storage: Storage) -> tuple[int, float]:
    """How many generations stay, and for how many days each does, as the recipe of the current one says."""
    current = generation.current(storage)
    text = current.recipe_text if current else ""
    found = Document("recipe.yaml", text, parse(text, "recipe.yaml")[0]).read(("retain",), Retain) if text else None
    asked = found or Retain()
    if asked.generations is None and asked.days is None:
        return KEEP, KEEP_DAYS
    return asked.generations or 1, asked.days or 0


def names_of(generations: Iterable[Generation]) -> set[str]:
    """Every file that generations name: shards, indexes, receipts."""
    found = set()
    for made in generations:
        for entry in made.shards:
            found |= {entry.index, receipt_name(entry.task), entry.shard or entry.index}
    return found


def sweep(
    storage: Storage, named: set[str], stale: set[str], older_than: float, made: Collected, dry_run: bool = False
) -> None:
    """Removes what is `stale`, and what is neither named nor younger than `older_than` seconds."""
    oldest = time.time() - older_than
    for folder in (*SWEPT, *OTHERS):
        for found in list(storage.listed(folder)):
            wanted = found.name in named or (folder in OTHERS and not _is_temporary(found.name))
            if found.name in stale or not (wanted or found.modified > oldest):
                made.add(found)
                if not dry_run:
                    storage.delete(found.name)


def runs_of(storage: Storage, folder: str | Path | None) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The training runs below a folder that were trained on this store, with what their run.json says."""
    if folder is None:
        return
    if not Path(folder).is_dir():
        raise StoreError(f"{folder}: no such folder of runs")
    for path in sorted(Path(folder).rglob("run.json")):
        try:
            facts = json.loads(path.read_text("utf-8"))
            ours = _same_place(str(facts["store"]), str(storage.root)) and isinstance(facts["generation"], int)
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{path}: not the run.json of a training run: {error}") from error
        if ours:
            yield path.parent, facts


def seconds_of(created: str) -> float:
    """A generation's time as seconds since 1970; 0 where it has none."""
    return float(timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ"))) if created else 0.0


def _is_temporary(name: str) -> bool:
    return PurePosixPath(name).name.startswith(TEMPORARY)


def _same_place(one: str, other: str) -> bool:
    return one == other or Path(one).resolve() == Path(other).resolve()
