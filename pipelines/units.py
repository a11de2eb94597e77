"""Quantities as people write them: 128 MiB, 1%, 90m."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

_BYTES = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_SIZE = re.compile(rf"{_NUMBER}\s*([A-Za-z]*)")
_PERCENT = re.compile(rf"{_NUMBER}\s*%")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(rf"{_NUMBER}\s*([smhd])")


def parse_bytes(value: Any) -> Any:
    """A number of bytes from its text; what is no text is passed on.

    >>> parse_bytes("128 MiB"), parse_bytes("1.5 kB")
    (134217728, 1500)
    """
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None or match[2] not in _BYTES:
        raise ValueError(f"expected a number of bytes such as 128 MiB or 500 kB, got {value!r}")
    return round(float(match[1]) * _BYTES[match[2]])


def parse_fraction(value: Any) -> Any:
    """A fraction of one from a percentage; what is no text is passed on.

    >>> parse_fraction("2.5%")
    0.025
    """
    if not isinstance(value, str):
        return value
    match = _PERCENT.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"expected a percentage such as 1%, or a number from 0 to 1, got {value!r}")
    return float(match[1]) / 100


def parse_duration(value: Any) -> Any:
    """A number of seconds from its text; what is no text is passed on.

    >>> parse_duration("90m"), parse_duration("1d")
    (5400, 86400)
    """
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"expected a duration such as 90m, 6h or 1d, got {value!r}")
    return round(float(match[1]) * _SECONDS[match[2]])


def format_duration(seconds: float) -> str:
    """A duration as one writes it, to a tenth of a unit: days from two on, else the largest that it fills.

    >>> format_duration(5400), format_duration(93600), format_duration(42)
    ('1.5h', '26h', '42s')
    """
    unit = "d" if seconds >= 2 * _SECONDS["d"] else next((unit for unit in "hm" if seconds >= _SECONDS[unit]), "s")
    return f"{round(seconds / _SECONDS[unit], 1):g}{unit}"


def format_bytes(count: float) -> str:
    """A number of bytes as one writes it, to a tenth of a unit.

    >>> format_bytes(12_340_000), format_bytes(800)
    ('12.3 MB', '800 B')
    """
    unit = next((unit for unit in ("GB", "MB", "kB") if count >= _BYTES[unit]), "B")
    return f"{round(count / _BYTES[unit], 1):g} {unit}"


Bytes = Annotated[
    int,
    Field(gt=0),
    BeforeValidator(parse_bytes),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "string", "pattern": f"^{_SIZE.pattern}$"}]}
    ),
]
"""A number of bytes: 1000000, 500 kB, 128 MiB, 4 GiB."""

Fraction = Annotated[
    float,
    Field(ge=0, le=1),
    BeforeValidator(parse_fraction),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "string", "pattern": f"^{_PERCENT.pattern}$"},
            ]
        }
    ),
]
"""A part of the whole: 0.01 or 1%."""

Duration = Annotated[
    int,
    Field(gt=0),
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "exclusiveMinimum": 0},
                {"type": "string", "pattern": f"^{_DURATION.pattern}$"},
            ]
        }
    ),
]
"""A number of seconds: 3600, 90m, 6h, 1d."""
