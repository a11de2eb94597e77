"""Zips, whole or split in volumes: their members, in the order of the list at the end."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from manifests.errors import FetchError, HostileError
from manifests.fetching.members import Kind, Member, Meter, clean_name, link_target
from manifests.fetching.volumes import open_zip

BLOCK = 1 << 20
LONGEST_LINK = 4096
_ENCRYPTED = 1


def zip_members(volumes: Sequence[Path], meter: Meter, at: Callable[[int], None]) -> Iterator[Member]:
    """The members; each must be taken before the next. `at` hears the packed bytes that are behind us.

    What the list declares is held against the limits before the first member comes. HostileError for members that
    must not be, and zipfile's errors for a damaged archive.
    """
    done = 0
    with open_zip(volumes) as (archive, entries):
        declared = Meter(0, None)
        declared.limit = meter.limit
        for info in entries:
            declared.member()
            declared.take(info.file_size)
        for info in entries:
            meter.member()
            yield _member(archive, info, meter)
            done += info.compress_size
            at(done)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter) -> Member:
    name = clean_name(info.orig_filename)
    mode = stat.S_IFMT(info.external_attr >> 16)
    if info.flag_bits & _ENCRYPTED:
        raise FetchError(f"is encrypted: {name}")
    if mode == stat.S_IFLNK:
        target = b"".join(_blocks(archive, info, meter)) if info.file_size <= LONGEST_LINK else b"/"
        return Member(name, Kind.LINK, target=link_target(name, target.decode(errors="replace")))
    if info.is_dir():
        return Member(name, Kind.FOLDER)
    if mode not in (0, stat.S_IFREG):
        raise HostileError(f"holds {name!r}, which is neither file, folder nor link")
    return Member(name, Kind.FILE, lambda: _blocks(archive, info, meter))


def _blocks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter) -> Iterator[bytes]:
    with archive.open(info) as source:
        while block := source.read(BLOCK):
            meter.take(len(block))
            yield block
