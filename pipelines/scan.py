"""Scan: the recordings of a recipe's sources, each with its split and the identity of its file, as a stream."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from manifests.errors import CorpusError
from manifests.recording import Recording
from manifests.splits import Assigner
from pipelines.task import Row

if TYPE_CHECKING:
    from pipelines.recipe import Corpus, Recipe


def scan(recipe: Recipe) -> Iterator[Row]:
    """The rows of all sources, in the readers' order. No audio is opened.

    CorpusError for a file that is not there, with where it was named, and for a source that lists nothing:
    an empty listing is a fault of the disk or of the path more often than a wish, and never a deletion.
    """
    for name in recipe.source:
        corpus, found = recipe.corpora[name], 0
        for row in _rows(name, corpus, recipe):
            found += 1
            yield row
        if not found:
            raise CorpusError("the corpus lists no recordings; nothing was changed", corpus.reader.root)


def clips(recipe: Recipe, name: str) -> list[Row]:
    """The recordings of a corpus that stages draw from, sorted by key; `split` is "" where it has no splits."""
    found = sorted(_rows(name, recipe.corpora[name], None), key=lambda row: row.key)
    if not found:
        raise CorpusError("the corpus lists no recordings to draw from", recipe.corpora[name].reader.root)
    return found


def _rows(name: str, corpus: Corpus, recipe: Recipe | None) -> Iterator[Row]:
    split = corpus.split or (recipe.split if recipe else None)
    assigner = Assigner(split) if split else None
    last, size, modified = None, 0, 0
    for recording in corpus.reader.rows():
        if recording.span.path != last:
            last = recording.span.path
            size, modified = _identity(corpus.reader.root, recording)
        assigned = assigner.assign(recording) if assigner else ""
        keyed = replace(recording, key=f"{name}/{recording.key}")
        yield Row(keyed, name, assigned, size, modified, keyed.digest())
    if assigner:
        assigner.finish()


def _identity(root: str, recording: Recording) -> tuple[int, int]:
    try:
        found = os.stat(os.path.join(root, recording.span.path))
    except OSError as error:
        named = recording.origin or recording.key
        raise CorpusError(f"{named}: {recording.span.path}: {error.strerror}", root) from error
    return found.st_size, found.st_mtime_ns
