"""Extract: an archive becomes a new folder; all of it, or nothing.

Files and folders have plain modes, whatever the archive says: nothing is setuid, or hidden from its owner. A link
becomes a second name of the file that it stands for, or of all files of a folder, made when they are there; no symbolic
link is ever on the disk, so that no later member can be written through one.
"""

from __future__ import annotations

import errno
import os
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from manifests.errors import FetchError, HostileError
from manifests.fetching import disk
from manifests.fetching.members import Kind, Member, Meter
from manifests.fetching.source import Part
from manifests.fetching.tars import tar_members
from manifests.fetching.watch import Watch
from manifests.fetching.zips import zip_members
from manifests.storage import room

DEEPEST = 40
"""Links that may stand one behind the other, as in Linux."""

_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, struct.error)
_UNREAD = (NotImplementedError, zipfile.LargeZipFile)
_ILL_NAMED = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)


def extract(volumes: Sequence[Path], part: Part, folder: Path, watch: Watch) -> int:
    """Unpacks an archive into a folder that is not there yet, and says how many files there are.

    FetchError and HostileError, which open with the archive's name, and FullError; then the folder is gone again.
    """
    name = volumes[-1].name
    packed = sum(path.stat().st_size for path in volumes)
    meter = Meter(packed, part.unpacked)

    def at(done: int) -> None:
        watch.advance(f"unpacking {name}", done, packed)

    try:
        with room(folder):
            folder.mkdir()
            return _write(_members(volumes, meter, at), part.inside, folder, meter)
    except BaseException as error:  # Ctrl-C, too, leaves no folder that could be taken for a whole one
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, FetchError):
            raise type(error)(f"{name} {error}") from error
        if isinstance(error, _DAMAGED) or (isinstance(error, OSError) and error.errno == errno.EINVAL):
            raise FetchError(f"{name} is damaged: {error}") from error
        if isinstance(error, _UNREAD):
            raise FetchError(f"{name} is packed in a way that is not read here: {error}") from error
        if isinstance(error, OSError) and error.errno in _ILL_NAMED:
            raise HostileError(f"{name} holds a name that cannot be: {error}") from error
        raise


def _members(volumes: Sequence[Path], meter: Meter, at: Callable[[int], None]) -> Iterator[Member]:
    """The members by what the file is, not by what it is called."""
    with open(volumes[0], "rb") as source:
        start = source.read(2)
    if len(volumes) > 1 or start == b"PK":
        return zip_members(volumes, meter, at)
    return tar_members(volumes[0], meter, at)


class _Link(NamedTuple):
    name: str
    path: Path
    target: Path


def _write(members: Iterator[Member], inside: str, folder: Path, meter: Meter) -> int:
    """Files as they come, then what links stand for; how many there are."""
    files = 0
    links: list[_Link] = []
    found = not inside
    for member in members:
        name = _below(member.name, inside)
        found = found or name != member.name
        path = folder / name
        if member.kind is Kind.FOLDER:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if member.kind is Kind.LINK:
            links.append(_Link(member.name, path, folder / _below(member.target, inside)))
            continue
        _write_file(path, member)
        files += 1
    if not found:
        raise FetchError(f"has no folder {inside}: its publishers have changed it; unpack it by hand")
    return files + _link_all(links, meter)


def _below(name: str, inside: str) -> str:
    """The name without the folder whose content is wanted; what is beside that folder keeps its name."""
    return "" if name == inside else name.removeprefix(f"{inside}/") if inside else name


def _write_file(path: Path, member: Member) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        for block in member.blocks():
            disk.write(handle, block, path.parent)
    finally:
        os.close(handle)


def _link_all(links: list[_Link], meter: Meter) -> int:
    """Second names for what is there; how many. A link to a link, or to a folder that gets some, waits for a round."""
    made = 0
    for _ in range(DEEPEST):
        ready = {link: None for link in links if _is_ready(link, links)}
        for link in ready:
            link.path.unlink(missing_ok=True)
            made += _second_names(link.target, link.path, meter)
        links = [link for link in links if link not in ready]
        if not links:
            return made
    raise HostileError(f"holds a link {links[0].name!r} to what is no file of it")


def _is_ready(link: _Link, links: list[_Link]) -> bool:
    if link.target.is_file():
        return True
    if not link.target.is_dir() or link.path.is_relative_to(link.target):
        return False
    return not any(other.path.is_relative_to(link.target) for other in links)


def _second_names(target: Path, path: Path, meter: Meter) -> int:
    """A second name for a file, or for every file of a folder; counted as members, since a link to links doubles."""
    meter.member()
    if target.is_dir():
        path.mkdir()
        return sum(_second_names(entry, path / entry.name, meter) for entry in sorted(target.iterdir()))
    try:
        os.link(target, path)
    except PermissionError:  # a file system without links
        shutil.copyfile(target, path)
    return 1
