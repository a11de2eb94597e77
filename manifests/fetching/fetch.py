"""Fetch: parts of a corpus are downloaded, checked, unpacked and put in their place, one after the other.

A part is there as a whole or not at all, and noted when it is; the archive goes when the note is written. So the same
call goes on after any end, and does nothing when all is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from manifests.errors import FetchError
from manifests.fetching import disk
from manifests.fetching.digests import digests
from manifests.fetching.download import download
from manifests.fetching.extract import extract
from manifests.fetching.install import install
from manifests.fetching.place import Place
from manifests.fetching.source import Archive, Part, Source
from manifests.fetching.watch import Watch

UNPACKED = 1.6
"""Bytes for each byte of an archive, where nobody says more: what WAV files take."""


class Order(NamedTuple):
    """What is to be fetched: `missing` parts of the `wanted` ones, the bytes to download for them, and room for them.

    `download` is None where the size of one of them is not known; `room` counts what is known.
    """

    wanted: list[Part]
    missing: list[Part]
    download: int | None
    room: int
    free: int


def order(source: Source, names: Sequence[str], place: Place) -> Order:
    """What fetching these parts will take, by default those that the source has by default.

    FetchError for a part that is not there, and for a version that a folder with another one is to take in.
    """
    parts = {part.name: part for part in source.parts}
    for name in names:
        if name not in parts:
            raise FetchError(f"{source.corpus} has no part {name!r}; there are {', '.join(parts)}")
    here = place.parts()
    chosen = list(dict.fromkeys(names or (source.alternatives and here) or source.default or parts))
    if source.alternatives and len(together := {*chosen, *here}) > 1:
        raise FetchError(f"{place.target} would hold {' and '.join(sorted(together))}; give each a folder, with --to")
    wanted = [parts[name] for name in chosen]
    missing = [part for part in wanted if part.name not in here]
    left = [_left(archive, place) for part in missing for archive in part.archives]
    download = None if None in left else sum(size or 0 for size in left)
    unpacked = sum(part.unpacked or int((part.size or 0) * UNPACKED) for part in missing)
    return Order(wanted, missing, download, unpacked + sum(size or 0 for size in left), disk.free_bytes(place.target))


def _left(archive: Archive, place: Place) -> int | None:
    return None if archive.size is None else max(0, archive.size - place.waiting_bytes(archive.name))


def fetch_part(source: Source, part: Part, place: Place, watch: Watch) -> dict[str, object]:
    """One part, from its mirrors to its place; its note. FetchError, FullError.

    An archive that is damaged or hostile is removed, since another download may be good, and nothing of what was in
    it is left. On a full disk what was unpacked is removed, and the archive stays.
    """
    volumes = [_downloaded(archive, place, watch) for archive in part.archives]
    unpacked = place.work / f"{part.name}.unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        files = extract(volumes, part, unpacked, watch)
    except FetchError as error:
        for path in volumes:
            path.unlink()
        raise type(error)(f"{error}; it was removed, and nothing of it is left") from error
    found = {archive.name: _noted(archive, place, watch) for archive in part.archives}
    try:
        names = install(unpacked, place.target, part.name, watch)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    note: dict[str, object] = {
        "corpus": source.corpus,
        "files": files,
        "names": names,
        "archives": found,
        "urls": [archive.urls[0] for archive in part.archives],
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    place.note("parts", part.name, note)
    for path in volumes:
        path.unlink()
    return note


def _downloaded(archive: Archive, place: Place, watch: Watch) -> Path:
    """The file, checked; against the digest that it had the last time, where none was published."""
    known = place.notes()["digests"].get(archive.name)
    if archive.digest is not None or known is None:
        return download(archive, place.work, watch)
    try:
        return download(archive._replace(digest=known), place.work, watch)
    except FetchError as error:
        noted = f"nobody has published its digest; remove the one that is noted in {place.work} to take another edition"
        raise FetchError(f"{error}; {noted}") from error


def _noted(archive: Archive, place: Place, watch: Watch) -> str:
    """The digest of a file that could be unpacked. One that nobody has published is told, and kept for next time."""
    known: str | None = archive.digest or place.notes()["digests"].get(archive.name)
    if known is None:
        known = digests(place.work / archive.name, {"sha256"}, watch)["sha256"]
        place.note("digests", archive.name, known)
        watch.say(f"{archive.name}: nobody has published its digest; it is {known}, noted for the next time")
    return known
