"""Download: a file, whole and checked, from the first of its mirrors that has it.

A connection that breaks is taken up where it broke, also by the next call, and from another mirror where a digest will
tell whether the pieces fit. A mirror is given up when several tries in a row have brought nothing new.
"""

from __future__ import annotations

import time
from pathlib import Path

from manifests.errors import FetchError
from manifests.fetching.digests import digests, kind_of
from manifests.fetching.http import BeyondError, MirrorError, PassingError, Reply, ask
from manifests.fetching.partial import Came, Partial
from manifests.fetching.source import Archive
from manifests.fetching.watch import Watch

PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0)
"""Before each try after the first; after the last one the mirror is given up."""


def download(archive: Archive, folder: Path, watch: Watch) -> Path:
    """The file in a folder; one that is there under its name was checked before it got it.

    FetchError, with what is wrong with each mirror; FullError. What came so far is kept, unless it is wrong.
    """
    partial = Partial(folder, archive.name)
    if partial.final.exists():
        return partial.final
    failures = []
    for url in archive.urls:
        try:
            return _from_mirror(url, archive, partial, watch)
        except MirrorError as error:
            failures.append(f"{url} {error}")
            watch.say(failures[-1])
    kept = f"; {partial.size:,} bytes of it are kept, and the same command goes on there" if partial.size else ""
    raise FetchError(f"{archive.name} cannot be had: {'; '.join(failures)}{kept}")


def _from_mirror(url: str, archive: Archive, partial: Partial, watch: Watch) -> Path:
    """The checked file; pieces of it from another time that do not fit are fetched again, whole."""
    while True:
        began = partial.size
        _complete(url, archive, partial, watch)
        if archive.digest is None:
            return partial.finish()
        kind = kind_of(archive.digest)
        found = digests(partial.path, {kind}, watch)[kind]
        if found == archive.digest:
            return partial.finish()
        partial.clear()
        if not began:
            raise MirrorError(f"has another file: its digest is {found}, it should be {archive.digest}; removed")
        watch.say(f"{archive.name} is not what it should be when put together from several tries; once more, whole")


def _complete(url: str, archive: Archive, partial: Partial, watch: Watch) -> None:
    """Goes on until all bytes are there. Tries that bring nothing new are counted; MirrorError after the last."""
    tries, most = 0, partial.size
    while not _all_there(archive, partial):
        try:
            _transfer(url, archive, partial, watch)
            return
        except PassingError as error:
            if partial.size > most:
                tries, most = 0, partial.size
            if tries == len(PAUSES_SECONDS):
                raise MirrorError(f"{error}, {tries + 1} times") from error
            watch.say(f"{url} {error}; trying again")
            time.sleep(max(PAUSES_SECONDS[tries], error.seconds))
            tries += 1


def _all_there(archive: Archive, partial: Partial) -> bool:
    came = partial.came
    total = archive.size if archive.size is not None else came.total if came else None
    return total is not None and partial.size == total


def _transfer(url: str, archive: Archive, partial: Partial, watch: Watch) -> None:
    """One connection. It goes on behind what is there, or from the start where it must."""
    came, size = partial.came, partial.size
    same = came is not None and came.url == url
    validator = came.validator if came is not None and same else None
    fits = bool(validator) or archive.digest is not None
    offset = size if fits and came is not None else 0
    try:
        with ask(url, offset, validator, archive.digest is not None) as reply:
            _check_size(reply, archive)
            total = reply.total if reply.total is not None else archive.size
            with partial.writing(reply.start, Came(url, reply.validator, total)) as append:
                done = reply.start
                for block in reply.blocks():
                    done = append(block)
                    if total is not None and done > total:
                        break
                    watch.advance(f"downloading {archive.name}", done, total)
    except BeyondError as error:
        if error.total == size and archive.size in (None, size):
            return
        partial.clear()
        raise
    if total is not None and done < total:
        raise PassingError(f"ended after {done:,} of {total:,} bytes")
    if total is not None and done > total:
        partial.clear()
        raise MirrorError(f"sends more than the {total:,} bytes that there should be; removed")


def _check_size(reply: Reply, archive: Archive) -> None:
    if archive.size is not None and reply.total not in (None, archive.size):
        raise MirrorError(f"has another file: {reply.total:,} bytes, there should be {archive.size:,}")
