"""Disk: how bytes of a fetch reach it. A full one is told with what to do; what is written so far stays there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from manifests.storage import room


def write(handle: int, block: bytes | memoryview, folder: Path) -> None:
    """Writes all of a block; FullError when there is no room. Unbuffered: the size of the file is what it holds."""
    rest = memoryview(block)
    with room(folder):
        while rest:
            rest = rest[os.write(handle, rest) :]


def free_bytes(folder: Path) -> int:
    """The room on the disk of a folder, which need not be there yet."""
    there = folder
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free
