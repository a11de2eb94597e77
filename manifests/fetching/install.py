"""Install: what was unpacked gets its place in the corpus's folder, whole folders at a time, in one step each.

Parts of a corpus share folders and documents (each archive of LibriSpeech brings SPEAKERS.TXT). What is there with the
same bytes is left; a document at the top with others is put beside it under the part's name; anything else that is in
the way is told before a single file has moved.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from manifests.errors import FetchError
from manifests.fetching.watch import Watch
from manifests.storage import room


class _Move(NamedTuple):
    source: Path
    place: Path


def install(unpacked: Path, target: Path, part: str, watch: Watch) -> list[str]:
    """Moves everything; the names that stand in the target for the part. `unpacked` is gone afterwards.

    FetchError where other files are in the way; then nothing has moved.
    """
    with room(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        os.sync()  # the names below promise that the bytes are there
        if not target.is_dir() or not any(target.iterdir()):
            names = sorted(os.listdir(unpacked))
            os.replace(unpacked, target)
            return names
        moves = list(_moves(unpacked, target, target, part))
        for move in moves:
            if move.place.name == f"{move.source.name}.{part}":
                watch.say(f"{target / move.source.name} is there with other content; see {move.place.name} beside it")
            os.rename(move.source, move.place)
    shutil.rmtree(unpacked)
    return sorted(str(move.place.relative_to(target)) for move in moves)


def _moves(folder: Path, place: Path, target: Path, part: str) -> Iterator[_Move]:
    for source in sorted(folder.iterdir()):
        there = place / source.name
        if not os.path.lexists(there):
            yield _Move(source, there)
        elif source.is_dir() and there.is_dir():
            yield from _moves(source, there, target, part)
        elif source.is_file() and there.is_file() and filecmp.cmp(source, there, shallow=False):
            continue
        elif source.is_file() and place == target and not os.path.lexists(beside := place / f"{source.name}.{part}"):
            yield _Move(source, beside)
        elif not (source.is_file() and place == target and filecmp.cmp(source, beside, shallow=False)):
            raise FetchError(f"{there} is in the way, with other content; move it, or choose another folder with --to")
