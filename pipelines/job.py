"""From a recipe to the Job that all its tasks share."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import xxhash

from features.drift import probe
from manifests.address import absolute, join
from manifests.errors import CorpusError
from manifests.files import Files
from manifests.storage import open_storage
from pipelines.forgotten import read_forgotten
from pipelines.scan import clips
from pipelines.task import Job, Row, digest

if TYPE_CHECKING:
    from pipelines.recipe import Recipe

LIBRARIES = ("wavemill", "numpy", "scipy", "soundfile", "soxr", "miniaudio", "av", "pyarrow")


def make_job(recipe: Recipe, store: str, labels: dict[str, str]) -> Job:
    """The job of a recipe: its chain, probed here, and what its stages draw from, with the digests of it."""
    chain = recipe.chain()
    forgotten = read_forgotten(open_storage(store))
    drawn = {name: [row for row in clips(recipe, name) if row.key not in forgotten] for name in chain.corpora()}
    names = [*recipe.source, *drawn]
    roots = {name: absolute(recipe.corpora[name].reader.root) for name in names}
    return Job(
        store=absolute(store),
        format=recipe.store.format,
        stages=chain.describe(),
        seed=recipe.seed,
        fingerprint=chain.fingerprint(),
        probe=probe(chain),
        arrays=recipe.arrays(),
        labels=labels,
        copies=dict(recipe.copies),
        roots=roots,
        clips={name: [_entry(row) for row in rows] for name, rows in drawn.items()},
        resources={name: _content(rows, recipe.corpora[name].reader.files) for name, rows in drawn.items()},
        plugins=list(recipe.origin.plugins),
        memory_bytes=int(recipe.limits.memory),
        row_seconds=recipe.limits.seconds,
    )


def environment() -> dict[str, str]:
    """The versions of what decides the bits, where they are installed."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _entry(row: Row) -> list[object]:
    span = row.recording.span
    return [row.key, row.split, span.path, span.offset, span.size]


def _content(rows: list[Row], files: Files) -> str:
    """A digest of a corpus that stages draw from: of every clip's key, split and bytes."""
    parts = []
    for row in rows:
        span = row.recording.span
        try:
            data = files.read(span.path, span.offset, span.size)
        except OSError as error:
            raise CorpusError(f"cannot be read: {error.strerror}", join(files.root, span.path)) from error
        parts.append((row.key, row.split, xxhash.xxh3_128_hexdigest(data)))
    return digest(parts)
