"""From a recipe to the Job that all its tasks share."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import xxhash

from features.drift import probe
from manifests.address import absolute, join
from manifests.errors import CorpusError
from manifests.files import Files
from manifests.generation import Generation
from manifests.storage import open_storage
from pipelines.credits import drawn_from
from pipelines.forgotten import read_forgotten
from pipelines.scan import clips
from pipelines.sources import clip_entry, settled
from pipelines.task import Job, Row, digest

if TYPE_CHECKING:
    from pipelines.recipe import Recipe

LIBRARIES = ("wavemill", "numpy", "scipy", "soundfile", "soxr", "miniaudio", "av", "pyarrow")


def make_job(
    recipe: Recipe,
    store: str,
    labels: dict[str, str],
    previous: Generation | None = None,
    fitted: dict[str, str] | None = None,
) -> Job:
    """The job of a recipe: its chain, probed here, and what its stages draw from, with the digests of it.

    Clips are read for these digests, unless they are listed as they were for the `previous` generation.
    """
    chain = recipe.chain()
    forgotten = read_forgotten(open_storage(store))
    drawn = {name: [row for row in clips(recipe.corpora, name) if row.key not in forgotten] for name in chain.corpora()}
    names = [*recipe.source, *drawn]
    roots = {name: absolute(recipe.corpora[name].reader.root) for name in names}
    listings = {name: _listing(rows) for name, rows in drawn.items()}
    known = _known(listings, previous) if previous else {}
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
        clips={name: [clip_entry(row) for row in rows] for name, rows in drawn.items()},
        listings=listings,
        mixed=drawn_from(recipe.corpora, drawn),
        resources={
            name: known[name] if name in known else _content(rows, recipe.corpora[name].reader.files)
            for name, rows in drawn.items()
        },
        fitted=fitted or {},
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


def _listing(rows: list[Row]) -> str | None:
    """A digest of what is listed of a corpus; None when a clip was modified just now, and may be once more."""
    if not all(settled(row.identity) for row in rows):
        return None
    return digest([(row.key, row.split, row.size, row.identity, row.digest) for row in rows])


def _known(listings: Mapping[str, str | None], previous: Generation) -> dict[str, str]:
    """The content digests of the corpora that are listed as they were."""
    same = [name for name, found in listings.items() if found is not None and found == previous.listings.get(name)]
    return {name: previous.resources[name] for name in same}


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
