"""Try: a few recordings through a recipe's stages, one stage at a time, timed and drawn. Nothing is stored."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from features.chain import Chain, Stopped
from features.example import Example, Source
from features.pictures import describe, picture
from features.resources import Resources
from manifests import generation
from manifests.errors import CorpusError
from manifests.storage import open_storage
from pipelines.fitting import fitted
from pipelines.job import make_job
from pipelines.scan import scan
from pipelines.sources import Sources, open_clips
from pipelines.task import Row

if TYPE_CHECKING:
    from pipelines.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Step:
    """What one stage did: its arrays' shapes and rates in words, and how long it took."""

    stage: str
    arrays: str
    milliseconds: float
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """One recording's way through the chain; `result` is None where a stage stopped it."""

    key: str
    steps: list[Step]
    result: Example | None


def walks(recipe: Recipe, file: str | None, count: int) -> Iterator[Walk]:
    """The ways of one file of one's own, or of the first recordings of the sources.

    A file that a source lists comes with its labels and its split; any other is taken as a test recording.
    """
    previous = generation.current(open_storage(recipe.store.path))
    learned = fitted(recipe.chain(), lambda: scan(recipe), previous, refit=False)
    job = make_job(recipe, recipe.store.path, {}, fitted=learned)
    chain = recipe.chain().bind(Resources(open_clips(job.roots, job.clips), job.fitted))
    for example in _examples(recipe, file, count):
        copies = (0, 1) if file and recipe.copies else (0,)
        for copy in copies:
            yield _walk(chain, example, copy)


def _examples(recipe: Recipe, file: str | None, count: int) -> Iterator[Example]:
    sources = Sources({name: corpus.reader.root for name, corpus in recipe.corpora.items()})
    if file is None:
        yield from (_example(row, sources) for row in islice(scan(recipe), count))
        return
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise CorpusError(f"cannot be read: {error.strerror}", file) from error
    yield Example(file, Source(data, file, alone=True), split="train")


def _example(row: Row, sources: Sources) -> Example:
    found = row.recording
    source = sources.source(row.corpus, found)
    return Example(row.key, source, {}, found.text, found.speaker, found.labels, row.split)


def _walk(chain: Chain, example: Example, copy: int) -> Walk:
    now: Example = replace(example, copy=copy)
    steps: list[Step] = []
    for position in range(len(chain.stages)):
        began = time.perf_counter()
        outcome = chain.only(position).run(now)
        took = (time.perf_counter() - began) * 1000
        name = chain.stages[position].name
        if isinstance(outcome, Stopped):
            steps.append(Step(name, "", took, f"{type(outcome.verdict).__name__.lower()}: {outcome.verdict.reason}"))
            return Walk(example.key, steps, None)
        now = outcome[0]
        steps.append(Step(name, ", ".join(describe(n, v) for n, v in now.arrays.items()), took))
    return Walk(example.key, steps, now)


def draw(walk: Walk, path: str | Path) -> None:
    """Writes a PNG with every array of the result."""
    assert walk.result is not None
    Path(path).write_bytes(picture(walk.result.arrays, walk.key))
