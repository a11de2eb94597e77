"""Addresses: where stores and corpora lie. A path of the local file system, or s3://bucket/prefix."""

from __future__ import annotations

import os
import re
from pathlib import Path

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(address: str | Path) -> str:
    """What stands before ://, in small letters; "" for a path of the local file system.

    >>> scheme_of("s3://bucket/digits"), scheme_of("stores/digits")
    ('s3', '')
    """
    found = _SCHEME.match(str(address))
    return found[1].lower() if found else ""


def absolute(address: str | Path) -> str:
    """The address that means the same from every directory, and on every machine where it is more than a path."""
    return str(address) if scheme_of(address) else str(Path(address).absolute())


def join(address: str, name: str) -> str:
    """The address of a name below another address.

    >>> join("s3://bucket/digits/", "a.wav")
    's3://bucket/digits/a.wav'
    """
    return f"{address.rstrip('/')}/{name}" if scheme_of(address) else os.path.join(address, name)
