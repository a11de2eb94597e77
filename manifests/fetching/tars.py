"""Tars, plain or packed with gzip or bzip2: their members as a stream, read once from front to back."""

from __future__ import annotations

import bz2
import gzip
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from manifests.errors import FetchError, HostileError
from manifests.fetching.members import Kind, Member, Meter, clean_name, link_target

BLOCK = 1 << 20
LONGEST_EXTENSION = 1 << 16
"""Long names and the like come as headers of any size, and tarfile reads them whole."""

_EXTENSIONS = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


class _Header(tarfile.TarInfo):
    """A header that is refused where tarfile would take a damaged one for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        try:
            found = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not buf.strip(b"\0"):
                raise
            raise FetchError(f"is damaged: {error}") from error
        if found.size < 0:
            raise FetchError("is damaged: a member of negative size")
        if found.type in _EXTENSIONS and found.size > LONGEST_EXTENSION:
            raise HostileError(f"holds a header of {found.size:,} bytes")
        return found


class _Unpacked:
    """The tar inside its packing; what comes of it is counted."""

    def __init__(self, path: Path, meter: Meter, at: Callable[[int], None]) -> None:
        self._packed = open(path, "rb")  # noqa: SIM115, closed by `close`
        start = self._packed.read(3)
        self._packed.seek(0)
        self._stream: IO[bytes] | gzip.GzipFile | bz2.BZ2File = self._packed
        if start[:2] == b"\x1f\x8b":
            self._stream = gzip.GzipFile(fileobj=self._packed)
        elif start == b"BZh":
            self._stream = bz2.BZ2File(self._packed)
        self._meter, self._at = meter, at

    def read(self, size: int) -> bytes:
        try:
            block = self._stream.read(size)
        except OSError as error:
            if error.errno is not None:
                raise
            raise FetchError(f"is damaged: {error}") from error  # gzip and bz2 say it in this way
        self._meter.take(len(block))
        self._at(self._packed.tell())
        return block

    def close(self) -> None:
        self._stream.close()
        self._packed.close()


def tar_members(path: Path, meter: Meter, at: Callable[[int], None]) -> Iterator[Member]:
    """The members; each must be taken before the next. `at` hears how far into the file we are.

    HostileError for members that must not be; FetchError, and the errors of the modules that read it, for damage.
    """
    unpacked = _Unpacked(path, meter, at)
    try:
        source = cast(IO[bytes], unpacked)
        with tarfile.open(fileobj=source, mode="r|", bufsize=BLOCK, tarinfo=_Header, encoding="utf-8") as archive:
            while (header := archive.next()) is not None:
                meter.member()
                yield _member(archive, header)
                archive.members.clear()  # type: ignore[attr-defined]  # else all headers stay in memory
        while unpacked.read(BLOCK):  # to the end, where the packing has its checksum
            pass
    finally:
        unpacked.close()


def _member(archive: tarfile.TarFile, header: tarfile.TarInfo) -> Member:
    name = clean_name(header.name)
    if header.issym():
        return Member(name, Kind.LINK, target=link_target(name, header.linkname))
    if header.islnk():
        return Member(name, Kind.LINK, target=clean_name(header.linkname))
    if header.isdir():
        return Member(name, Kind.FOLDER)
    if not header.isreg() or header.issparse():
        raise HostileError(f"holds {name!r}, which is neither file, folder nor link")
    return Member(name, Kind.FILE, lambda: _blocks(archive, header))


def _blocks(archive: tarfile.TarFile, header: tarfile.TarInfo) -> Iterator[bytes]:
    source, rest = archive.extractfile(header), header.size
    while source is not None and rest:
        block = source.read(min(BLOCK, rest))
        if not block:
            raise FetchError(f"is damaged: it ends in the middle of {header.name}")
        rest -= len(block)
        yield block
