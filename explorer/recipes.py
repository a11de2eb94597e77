"""Recipes: a recipe as the explorer opens it: its chain for everybody, its recordings where the corpora are here."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.errors import ExplorerError
from explorer.opening import Opened
from features.example import Example
from features.resources import Clips
from pipelines.errors import ConfigError, PipelineError
from pipelines.yaml_source import read_yaml

if TYPE_CHECKING:
    from pipelines.recipe import Recipe
    from pipelines.task import Row

KNOWN_ROWS = 20_000
"""Recordings of a corpus that are remembered by key; others are found by reading the manifest again."""


@dataclass
class OpenedRecipe:
    """The recipe in a file. What needs its corpora is read when it is asked for, once."""

    path: Path
    _rows: dict[str, Row] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The YAML as it is written, with variables that are not set left open."""
        return dict(read_yaml(self.path, environ=_Open()).get())

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe itself; ExplorerError where its corpora are not here."""
        from pipelines.recipe_file import load_recipe

        try:
            return load_recipe(self.path)
        except ConfigError as error:
            said = "; ".join(problem.message for problem in error.problems[:3])
            raise ExplorerError(f"{self.path.name} cannot be opened here: {said}", "recipe", 404) from error

    def about(self) -> dict[str, Any]:
        """What a page must know of it."""
        written = self.document
        stages = [stage if isinstance(stage, dict) else {stage: {}} for stage in written.get("stages") or []]
        keep = (written.get("store") or {}).get("keep") or {}
        return {
            "name": self.path.stem,
            "title": str(written.get("name", self.path.stem)),
            "about": str(written.get("description", "")),
            "stages": [{name: parameters or {} for name, parameters in stage.items()} for stage in stages],
            "keep": dict(keep),
            "seed": written.get("seed", 0),
            "sources": self.has_sources(),
        }

    def has_sources(self) -> bool:
        try:
            return bool(self.recipe.source)
        except ExplorerError:
            return False

    def rows(self, first: int, count: int, find: str = "") -> tuple[list[Row], bool]:
        """Recordings of its sources, those that hold `find` in what is known of them; and whether more follow."""
        wanted = find.casefold()
        matching = (row for row in self._scan() if not wanted or wanted in f"{row.key} {row.text}".casefold())
        found = list(islice(matching, first, first + count + 1))
        self._remember(found)
        return found[:count], len(found) > count

    def opened(self, key: str) -> Opened:
        """A recording of its sources; ExplorerError where there is none, or its file cannot be read."""
        from pipelines.sources import Sources

        row = self._rows.get(key)
        if row is None:
            row = next((row for row in self._scan() if row.key == key), None)
            if row is None:
                raise ExplorerError(f"{self.path.stem} has no recording {key!r}", "source.key", 404)
            self._remember([row])
        found = row.recording
        try:
            source = Sources({row.corpus: self.recipe.corpora[row.corpus].reader.root}).source(row.corpus, found)
        except OSError as error:
            raise ExplorerError(f"{key} cannot be read: {error.strerror}", "source.key", 404) from error
        example = Example(row.key, source, {}, found.text, found.speaker, found.labels, row.split)
        identity = f"recipe {self.path} {key} {row.digest} {row.identity}"
        return Opened(identity, example, fitted=self.fitted, clips=self.clips)

    @cached_property
    def fitted(self) -> Mapping[str, str]:
        """What its stages are fitted to: as in its store where there is one, else on train, now."""
        from manifests import generation
        from manifests.storage import open_storage
        from pipelines.fitting import fitted
        from pipelines.scan import scan

        chain = self.recipe.chain()
        if not chain.to_fit():
            return {}
        previous = generation.current(open_storage(self.recipe.store.path))
        return fitted(chain, lambda: scan(self.recipe), previous, refit=False)

    def clips(self) -> Mapping[str, Clips]:
        """The corpora that its stages draw from, under their names, beside the built-in ones."""
        return self._clips

    @cached_property
    def _clips(self) -> Mapping[str, Clips]:
        from features.showcase import corpora
        from pipelines.scan import clips
        from pipelines.sources import clip_entry, open_clips

        names = self.recipe.chain().corpora()
        roots = {name: self.recipe.corpora[name].reader.root for name in names}
        entries = {name: [clip_entry(row) for row in clips(self.recipe.corpora, name)] for name in names}
        return {**corpora(), **open_clips(roots, entries)}

    def _scan(self) -> Iterator[Row]:
        from manifests.errors import ManifestError
        from pipelines.scan import scan

        try:
            yield from scan(self.recipe)
        except (ManifestError, PipelineError) as error:
            raise ExplorerError(str(error), "recipe", 404) from error

    def _remember(self, rows: list[Row]) -> None:
        with self._lock:
            if len(self._rows) + len(rows) > KNOWN_ROWS:
                self._rows.clear()
            self._rows.update((row.key, row) for row in rows)


class _Open(dict[str, str]):
    """Variables of which each one is set: to its own name, as it is written."""

    def __missing__(self, name: str) -> str:
        return "${" + name + "}"

    def __contains__(self, name: object) -> bool:
        return True

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]
