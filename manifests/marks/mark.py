"""Mark: a stretch of time in a recording, with who says what in it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import NamedTuple

MOST = 10**9
"""Seconds: some thirty years. What is more is no time in a recording."""


class BrokenMark(Exception):
    """What is wrong with a file of marks, and in which of its lines."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Mark(NamedTuple):
    """From `start` to `end`, in seconds, to the last figure as it was written.

    `recording` names the recording in formats that speak of several, `channel` its channel as the format counts;
    `tier` is the layer of annotation, where there are several.
    """

    start: Decimal
    end: Decimal
    line: int
    speaker: str | None = None
    text: str | None = None
    recording: str | None = None
    channel: str | None = None
    tier: str | None = None


def seconds(text: str, line: int) -> Decimal:
    """A time that is written as a number of seconds; BrokenMark for what is none."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation as error:
        raise BrokenMark(f"{text!r} is no time in seconds", line) from error
    if not found.is_finite() or not 0 <= found < MOST:
        raise BrokenMark(f"{text!r} is no time in seconds", line)
    return found


def clock(text: str, line: int, point: str) -> Decimal:
    """A time that is written as hours, minutes, seconds and thousandths, the hours perhaps left out.

    >>> clock("01:02:03,250", 1, ",")
    Decimal('3723.250')
    """
    parts = text.strip().split(":")
    last = parts[-1].split(point)
    plain = all(part.isascii() and part.isdigit() for part in (*parts[:-1], *last))
    if len(parts) not in (2, 3) or len(last) != 2 or not plain or len(last[1]) != 3:
        raise BrokenMark(f"{text.strip()!r} is no time; there should be 00:01:02{point}345", line)
    hours = int(parts[0]) if len(parts) == 3 else 0
    minutes = int(parts[-2])
    if minutes > 59 or int(last[0]) > 59:
        raise BrokenMark(f"{text.strip()!r} is no time; minutes and seconds end at 59", line)
    return Decimal(3600 * hours + 60 * minutes) + Decimal(f"{last[0]}.{last[1]}")


def ordered(start: Decimal, end: Decimal, line: int) -> None:
    """BrokenMark where the end lies before the start."""
    if end < start:
        raise BrokenMark(f"it ends at {end}, before it begins at {start}", line)
