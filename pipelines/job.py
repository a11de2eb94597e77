"""From a recipe to the Job that all its tasks share."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import xxhash

from features.drift import probe
from manifests.errors import CorpusError
from pipelines.scan import clips
from pipelines.task import Job, Row, digest

if TYPE_CHECKING:
    from pipelines.recipe import Recipe

LIBRARIES = ("wavemill", "numpy", "scipy", "soundfile", "soxr", "miniaudio", "av", "pyarrow")


def make_job(recipe: Recipe, store: str, labels: dict[str, str]) -> Job:
    """The job of a recipe: its chain, probed here, and what its stages draw from, with the digests of it."""
    chain = recipe.chain()
    drawn = {name: clips(recipe, name) for name in chain.corpora()}
    names = [*recipe.source, *drawn]
    roots = {name: str(Path(recipe.corpora[name].reader.root).absolute()) for name in names}
    return Job(
        store=str(Path(store).absolute()),
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
        resources={name: _content(rows, roots[name]) for name, rows in drawn.items()},
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


def _content(rows: list[Row], root: str) -> str:
    """A digest of a corpus that stages draw from: of every clip's key, split and bytes."""
    parts = []
    for row in rows:
        path = Path(root, row.recording.span.path)
        try:
            parts.append((row.key, row.split, xxhash.xxh3_128_hexdigest(path.read_bytes())))
        except OSError as error:
            raise CorpusError(f"cannot be read: {error.strerror}", str(path)) from error
    return digest(parts)
