"""Sealed: JSON that carries its own digest, so that a flipped bit or a cut anywhere in it is found.

Generations, receipts, tags and whatever else a store keeps as a small file are written like this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import xxhash

from manifests.errors import DamagedError

_MARK = b',\n "digest": "'


def seal(value: Mapping[str, Any]) -> bytes:
    """The object as JSON, whose last key is the xxh3-128 of everything before it.

    >>> seal({"a": 1}).decode().splitlines()
    ['{', ' "a": 1,', ' "digest": "54fdca8a1e5fd18abe373116a6da441b"', '}']
    """
    return _sealed(json.dumps(value, indent=1, ensure_ascii=False).encode()[:-2])


def unseal(content: bytes, name: str) -> dict[str, Any]:
    """The object that `seal` wrote, without its digest; DamagedError, with the name, when a bit is another one."""
    body, mark, _ = content.rpartition(_MARK)
    if not mark or _sealed(body) != content:
        raise DamagedError(f"{name}: its digest does not fit its content; wavemill verify says what to do")
    found: dict[str, Any] = json.loads(body + b"\n}")
    return found


def _sealed(body: bytes) -> bytes:
    digest = xxhash.xxh3_128_hexdigest(body + b"\n}")
    return body + _MARK + digest.encode() + b'"\n}\n'
