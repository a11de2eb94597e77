"""Failpoints: named places where a test makes a real build die, or run out of disk. Elsewhere they do nothing.

    WAVEMILL_FAILPOINT=shards.synced:kill@3

kills the whole process group when a process of it reaches the place for the third time; `full` instead of `kill`
says there, from that time on, that the disk is full. Builders are in the process group of their driver.
"""

from __future__ import annotations

import errno
import os
import re
import signal
from dataclasses import dataclass
from functools import cache

from manifests.errors import ManifestError

VARIABLE = "WAVEMILL_FAILPOINT"
FOLDERS = ("shards", "index", "tasks", "generations")
STEPS = {
    "written": "all bytes of a file are with the kernel, and none need be on disk",
    "synced": "they are on disk, and the file has no name yet",
    "linked": "it has its name, which need not be on disk",
    "named": "name and bytes are on disk",
}
PLACES = {
    "builder.row": "a builder is about to take up a recording",
    **{f"{folder}.{step}": f"{folder}/: {meaning}" for folder in FOLDERS for step, meaning in STEPS.items()},
}
_WANTED = re.compile(r"(?P<place>[a-z.]+):(?P<action>kill|full)(?:@(?P<time>[1-9]\d*))?")


class FailpointError(ManifestError):
    """A failpoint that is asked for and that is not there."""

    exit_code = 2


@dataclass
class _Wanted:
    place: str
    action: str
    left: int


@cache
def wanted() -> _Wanted | None:
    """What the environment asks for; FailpointError where nothing goes by that name."""
    text = os.environ.get(VARIABLE)
    if not text:
        return None
    found = _WANTED.fullmatch(text)
    if not found or found["place"] not in PLACES:
        raise FailpointError(f"{VARIABLE}={text}: write PLACE:kill@N or PLACE:full@N; places: {', '.join(PLACES)}")
    return _Wanted(found["place"], found["action"], int(found["time"] or 1))


def reach(place: str) -> None:
    """Says that a place is reached: nothing, unless the environment asks for it."""
    asked = wanted()
    if asked is None or asked.place != place:
        return
    asked.left -= 1
    if asked.left > 0:
        return
    if asked.action == "kill":
        os.killpg(0, signal.SIGKILL)
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
