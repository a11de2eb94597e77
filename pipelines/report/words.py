"""Words: numbers as a report writes them."""

from __future__ import annotations


def number(value: float) -> str:
    """A count, or a figure to three digits.

    >>> number(12345), number(0.123456), number(1234.5)
    ('12,345', '0.123', '1,234')
    """
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def span(seconds: float) -> str:
    """A duration, to three digits.

    >>> span(0.4321), span(75), span(7300), span(0)
    ('0.432 s', '1.25 min', '2.03 h', '0 s')
    """
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def hours(seconds: float) -> str:
    """Seconds as hours.

    >>> hours(5400)
    '1.50'
    """
    return f"{seconds / 3600:,.2f}"


def signed(value: float) -> str:
    """A difference.

    >>> signed(3), signed(-1234), signed(0), signed(0.25)
    ('+3', '−1,234', '0', '+0.25')
    """
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{number(abs(value))}"


def when(created: str) -> str:
    """A time of a generation or a note, as a person reads it.

    >>> when("2026-03-01T04:05:06Z"), when("")
    ('2026-03-01 04:05 UTC', '')
    """
    return f"{created[:10]} {created[11:16]} UTC" if created else ""
