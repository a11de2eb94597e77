"""Time zones by the names of the IANA database."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pipelines.wording import suggest


def zone(name: str) -> ZoneInfo:
    """The zone of that name; ValueError, with a name that is close to it, where there is none.

    >>> zone("Europe/Berlin").key
    'Europe/Berlin'
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such name, no name at all, the name of a folder
        known = available_timezones()
        close = suggest(name, known) if known else "; this machine has no time zones, install the package tzdata"
        hint = close if len(close) < 80 else ", such as Europe/Berlin or UTC"
        raise ValueError(f"{name!r} is no time zone{hint}") from None
