"""Scan: the recordings of a recipe's sources, each with its split and the identity of its file, as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import xxhash

from manifests.errors import CorpusError
from manifests.files import Files, Identity
from manifests.recording import Recording
from manifests.splits import Assigner
from pipelines.estimate import seconds_of
from pipelines.labels import LabelTypes
from pipelines.task import Row

if TYPE_CHECKING:
    from pipelines.recipe import Corpus, Recipe


def scan(recipe: Recipe, labels: LabelTypes | None = None) -> Iterator[Row]:
    """The rows of all sources, in the readers' order; `labels` sees theirs. No audio is opened.

    CorpusError for a file that is not there, with where it was named. Sources without a split of their own
    share the recipe's, so that a group may lie in any of them.
    """
    shared = Assigner(recipe.split)
    for name in recipe.source:
        split = recipe.corpora[name].split
        assigner = Assigner(split) if split else shared
        yield from _rows(name, recipe.corpora[name], assigner, labels)
        if split:
            assigner.finish()
    if shared.recordings:
        shared.finish()


def clips(corpora: Mapping[str, Corpus], name: str) -> list[Row]:
    """The recordings of a corpus that stages draw from, sorted by key; `split` is "" where it has no splits.

    CorpusError for a composed one: a clip is a file.
    """
    split = corpora[name].split
    assigner = Assigner(split) if split else None
    found = sorted(_rows(name, corpora[name], assigner, None), key=lambda row: row.key)
    for row in found:
        if row.recording.pieces:
            raise CorpusError(f"{row.key} is composed of several; stages draw from corpora of single files", row.origin)
    if assigner:
        assigner.finish()
    return found


def _rows(name: str, corpus: Corpus, assigner: Assigner | None, labels: LabelTypes | None) -> Iterator[Row]:
    files, last, known, prefix = corpus.reader.files, None, Identity(0, ""), f"{name}/"
    for recording in corpus.reader.rows():
        span = recording.span
        several = bool(recording.pieces or recording.beside)
        if not several and span.path != last:
            last, known = span.path, _identity(files, recording, span.path)
        assigned = assigner.assign(recording) if assigner else ""
        key, text = prefix + recording.key, recording.encode(prefix)
        if labels and recording.labels:
            labels.see(key, recording.labels)
        if several:
            size, version, seconds = _of_several(files, recording)
            versioned = all(one.version is not None for one in recording.spans)
            said = recording.encode(prefix, False) if versioned else text
        elif span.version is None:
            (size, version), said, seconds = known, text, seconds_of(span, known.size)
        else:
            size, version, said = span.size or known.size, span.version, recording.encode(prefix, False)
            seconds = seconds_of(span, size)
        digest = xxhash.xxh3_128_hexdigest(said.encode())
        whole = several or (span.start, span.seconds, recording.channel) == (0, None, None)
        file = "" if whole else prefix + (span.path if span.offset is None else f"{span.path}@{span.offset}")
        yield Row(key, name, assigned, size, version, digest, seconds, text, recording.origin, file)


def _of_several(files: Files, recording: Recording) -> tuple[int, str, float]:
    """The size of what is read for a recording of several files, the versions of it, and an estimate of its seconds.

    A file, or a part of one, counts once, however many pieces come of it. What is beside it takes no time of its own.
    """
    known = {path: _identity(files, recording, path) for path in dict.fromkeys(span.path for span in recording.spans)}
    versions = {(s.path, s.offset, s.size): s.version or known[s.path].version for s in recording.spans}
    size = sum(part or known[path].size for path, _, part in versions)
    own = [(piece.span, piece.gap) for piece in recording.pieces] or [(recording.span, 0.0)]
    seconds = sum(gap + seconds_of(span, known[span.path].size) for span, gap in own)
    return size, " ".join(versions.values()), seconds


def _identity(files: Files, recording: Recording, path: str) -> Identity:
    try:
        return files.identity(path)
    except OSError as error:
        named = recording.origin or recording.key
        raise CorpusError(f"{named}: {path}: {error.strerror}", files.root) from error
