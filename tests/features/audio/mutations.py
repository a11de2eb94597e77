"""Damage to encoded audio as disks, networks and bad writers do it."""

from __future__ import annotations

import numpy as np


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """One of: a flipped bit, scattered bytes, a cut, a header rewritten, bytes added, removed, or doubled."""
    changed = bytearray(data)
    size, kind = len(data), int(rng.integers(8))
    place, header = int(rng.integers(size)), int(rng.integers(min(size, 200)))
    some = bytes(rng.integers(0, 256, int(rng.integers(1, 400)), dtype=np.uint8))
    if kind == 0:
        changed[place] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        for one in rng.integers(0, size, 20).tolist():
            changed[one] = int(rng.integers(256))
    elif kind == 2:
        del changed[place:]
    elif kind == 3:
        changed[header] ^= 1 << int(rng.integers(8))
    elif kind == 4:
        width = min(int(rng.integers(1, 9)), size - header)
        changed[header : header + width] = bytes([int(rng.choice([0, 255, 127, 128]))]) * width
    elif kind == 5:
        changed[place:place] = some
    elif kind == 6:
        del changed[place : place + len(some)]
    else:
        changed += changed[place:]
    return bytes(changed)
