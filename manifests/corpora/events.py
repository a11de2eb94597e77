"""Events and notes as a label lists them: "onset offset class", with times in seconds.

It is what the stage frame_targets reads. Times are written to the microsecond, without needless zeros.
"""

from __future__ import annotations


def event(onset: float, offset: float, name: str) -> str:
    """The event as text.

    >>> event(0.5, 1.25, "Dog"), event(3, 10.000000, "60 piano")
    ('0.5 1.25 Dog', '3 10 60 piano')
    """
    return f"{_seconds(onset)} {_seconds(offset)} {name}"


def _seconds(time: float) -> str:
    return f"{time:.6f}".rstrip("0").rstrip(".")
