"""Tars: where the members of a tar archive lie in it, so that they are read in place and never extracted."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from typing import IO, NamedTuple

from manifests.address import join
from manifests.errors import CorpusError
from manifests.files import Files

LARGEST_TEXT = 16 << 20
"""Of members that are read as text or JSON, in bytes."""


class Member(NamedTuple):
    """A file in an archive: its name, and where its bytes lie."""

    name: str
    offset: int
    size: int


def members(archive: IO[bytes], address: str) -> Iterator[Member]:
    """The files of an archive, in order; CorpusError, with the address, for one that cannot be read in place.

    Folders are passed over. Links are errors, since they may lead anywhere.
    """
    last = ""
    try:
        with tarfile.open(fileobj=archive, mode="r:") as opened:
            for info in opened:
                last = info.name
                vars(opened)["members"] = []  # which tarfile would gather
                if info.isdir():
                    continue
                if not info.isreg() or info.issparse():
                    raise CorpusError(f"{info.name!r} is no plain file; write the archive again without links", address)
                yield Member(info.name.removeprefix("./"), info.offset_data, info.size)
    except (tarfile.TarError, OSError) as error:
        after = f" behind {last!r}" if last else ""
        raise CorpusError(f"cannot be read{after}: {error}; an archive must be a plain .tar, whole", address) from error


def content(archive: IO[bytes], member: Member, address: str) -> bytes:
    """The bytes of a small member, JSON or text."""
    if member.size > LARGEST_TEXT:
        raise CorpusError(f"{member.name!r} has {member.size} bytes, too many for JSON or text", address)
    place = archive.tell()
    archive.seek(member.offset)
    found = archive.read(member.size)
    archive.seek(place)
    return found


def expanded(pattern: str, files: Files) -> list[str]:
    """The archives that a pattern names, relative to the root: `a-{000..012}.tar`, `{train,test}.tar`, or a folder's.

    CorpusError for one that is not there.
    """
    names = [pattern]
    while any("{" in name for name in names):
        names = list(dict.fromkeys(one for name in names for one in _first_brace(name, files.root)))
    if names == [pattern] and not pattern.endswith(".tar"):
        names = [f"{pattern}/{name}" if pattern else name for name in files.paths(pattern) if name.endswith(".tar")]
        if not names:
            raise CorpusError("holds no .tar", join(files.root, pattern) if pattern else files.root)
        return names
    for name in names:
        if not files.has(name):
            raise CorpusError("no such file", join(files.root, name))
    return names


def _first_brace(name: str, root: str) -> list[str]:
    """The name with each choice of its first brace, or of one that is inside it."""
    found = re.search(r"\{([^{}]*)\}", name)
    if found is None:
        raise CorpusError(f"{name!r} has a brace that is not closed; write a-{{000..012}}.tar", root)
    range_ = re.fullmatch(r"(\d+)\.\.(\d+)", found[1])
    if range_:
        first, last = range_.groups()
        if int(last) < int(first) or int(last) - int(first) > 1_000_000:
            raise CorpusError(f"{{{found[1]}}} is no range; write the lower number first", root)
        choices = [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]
    else:
        choices = found[1].split(",")
    return [name[: found.start()] + choice + name[found.end() :] for choice in choices]
