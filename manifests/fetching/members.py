"""Members: what archives hold, and how much of it may be.

Archives come from the network, and a digest that was published says nothing of the hands that packed them. So names
must stay below the folder, there are only files, folders and links, and what they take has a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import NamedTuple

from manifests.errors import HostileError

RATIO = 25
"""Bytes for each byte of the archive: silence in WAV files packs well, and bombs a thousand times better."""
SMALL = 64 << 20
"""What any archive may take, whatever its ratio."""
DECLARED = 1.1
"""Publishers round what they declare."""
MEMBERS = 3_000_000


class Kind(Enum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


class Member(NamedTuple):
    """A member with its cleaned name. A link's `target` is the cleaned name of the member that it stands for."""

    name: str
    kind: Kind
    blocks: Callable[[], Iterator[bytes]] = lambda: iter(())
    target: str = ""


class Meter:
    """Counts what an archive has given so far; HostileError beyond the limits."""

    def __init__(self, packed: int, declared: int | None) -> None:
        self.by_ratio = max(packed * RATIO, SMALL)
        self.limit = self.by_ratio if declared is None else min(self.by_ratio, max(int(declared * DECLARED), SMALL))
        self.bytes = self.members = 0

    def take(self, size: int) -> None:
        """So many bytes more."""
        self.bytes += size
        if self.bytes > self.limit:
            raise HostileError(f"holds more than the {self.limit:,} bytes that an archive like this one may")

    def member(self) -> None:
        """One member more."""
        self.members += 1
        if self.members > MEMBERS:
            raise HostileError(f"holds more than {MEMBERS:,} members")


def clean_name(name: str) -> str:
    """A member's name without what says nothing ("./", "//"); "" for the top folder. HostileError for what leads out.

    >>> clean_name("./corpus//wavs/"), clean_name("./")
    ('corpus/wavs', '')
    """
    if name.startswith("/") or "\\" in name or name[1:2] == ":":
        raise HostileError(f"holds a member called {name!r}, which is no name below a folder")
    if any(ord(letter) < 32 for letter in name):
        raise HostileError(f"holds a member called {name!r}, with control characters")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise HostileError(f"holds a member called {name!r}, which is not UTF-8") from error
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise HostileError(f"holds a member called {name!r}, which leads out of the folder")
    return "/".join(parts)


def link_target(name: str, target: str) -> str:
    """The member that a symbolic link stands for, by the folder that the link is in; HostileError outside.

    >>> link_target("a/b/link", "../c/file")
    'a/c/file'
    """
    if target.startswith("/") or "\0" in target:
        raise HostileError(f"holds a link {name!r} to {target!r}, outside of the folder")
    parts = name.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            if not parts:
                raise HostileError(f"holds a link {name!r} to {target!r}, outside of the folder")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return clean_name("/".join(parts))
