"""Volumes: the files of a zip that was split, read as one.

In a split zip each entry names its volume and its place in there (APPNOTE.TXT, 4.4.11 and 4.4.16); zipfile knows
places in one file only. So the entries get the places that they have in all volumes put together.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

_END = b"PK\x05\x06"
_LONGEST_END = 22 + (1 << 16)


@contextmanager
def open_zip(volumes: Sequence[Path]) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """A zip and its entries; zipfile.BadZipFile where it is none."""
    if len(volumes) == 1:
        with zipfile.ZipFile(volumes[0]) as archive:
            yield archive, archive.infolist()
        return
    joined = _Joined(volumes)
    with io.BufferedReader(joined, 1 << 18) as stream, zipfile.ZipFile(stream) as archive:
        directory = joined.starts[_volume_of_directory(volumes[-1], len(volumes))]
        yield archive, [_placed(info, joined.starts, directory) for info in archive.infolist()]


class _Joined(io.RawIOBase):
    """Several files, one behind the other."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = [open(path, "rb") for path in paths]  # noqa: SIM115, closed by `close`
        self.starts = [0, *accumulate(os.path.getsize(path) for path in paths)]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self.starts[-1])[whence]
        if self._at < 0:
            raise zipfile.BadZipFile("names a place before the first volume")
        return self._at

    def readinto(self, buffer: Any) -> int:
        for file, start, end in zip(self._files, self.starts, self.starts[1:], strict=False):
            if start <= self._at < end:
                file.seek(self._at - start)
                size = file.readinto(buffer)
                self._at += size
                return size
        return 0

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()


def _volume_of_directory(last: Path, volumes: int) -> int:
    """The volume in which the list of entries begins, from the record at the very end."""
    with open(last, "rb") as source:
        source.seek(max(0, os.path.getsize(last) - _LONGEST_END))
        tail = source.read()
    record = tail[tail.rfind(_END) :]
    found = int.from_bytes(record[6:8], "little")
    if found >= volumes:
        raise zipfile.BadZipFile(f"names volume {found + 1} of {volumes}")
    return found


def _placed(info: zipfile.ZipInfo, starts: list[int], directory: int) -> zipfile.ZipInfo:
    """The entry at its place in all volumes. zipfile has taken every place as one in the volume of the directory."""
    if info.volume >= len(starts) - 1:
        raise zipfile.BadZipFile(f"{info.filename} is in volume {info.volume + 1}, which is not there")
    placed = zipfile.ZipInfo(info.filename, info.date_time)
    placed.orig_filename = info.orig_filename
    placed.compress_type, placed.flag_bits, placed.CRC = info.compress_type, info.flag_bits, info.CRC
    placed.compress_size, placed.file_size = info.compress_size, info.file_size
    placed.create_system, placed.external_attr = info.create_system, info.external_attr
    placed.header_offset = info.header_offset - directory + starts[info.volume]
    return placed
