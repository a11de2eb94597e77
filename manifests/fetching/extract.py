"""Extract: an archive becomes a new folder; all of it, or nothing.

Files and folders have plain modes, whatever the archive says: nothing is setuid, or hidden from its owner. A link
becomes a second name of the file that it stands for, made when all files are there; no symbolic link is ever on the
disk, so that no later member can be written through one.
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

from manifests.errors import FetchError, HostileError
from manifests.fetching import disk
from manifests.fetching.members import Kind, Member, Meter
from manifests.fetching.source import Part
from manifests.fetching.tars import tar_members
from manifests.fetching.watch import Watch
from manifests.fetching.zips import zip_members
from manifests.storage import room

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
            return _write(_members(volumes, meter, at), part.inside, folder)
    except BaseException as error:
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


def _write(members: Iterator[Member], inside: str, folder: Path) -> int:
    """Files as they come, then what links stand for."""
    files: int = 0
    links: list[tuple[Path, str, Path]] = []
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
            links.append((path, member.name, folder / _below(member.target, inside)))
        else:
            _write_file(path, member)
        files += 1
    if not found:
        raise FetchError(f"has no folder {inside}: its publishers have changed it; unpack it by hand")
    _link(links)
    return files


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


def _link(links: list[tuple[Path, str, Path]]) -> None:
    """Gives files their other names. A link may stand for a link: those that find no file yet wait for the others."""
    while links:
        waiting = []
        for path, name, target in links:
            if target.is_file():
                path.unlink(missing_ok=True)
                _second_name(target, path)
            else:
                waiting.append((path, name, target))
        if len(waiting) == len(links):
            raise HostileError(f"holds a link {waiting[0][1]!r} to what is no file of it")
        links = waiting


def _second_name(target: Path, path: Path) -> None:
    try:
        os.link(target, path)
    except PermissionError:  # a file system without links
        shutil.copyfile(target, path)
