"""Where randomness comes from: a keyed hash of what is drawn for, and of nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray


def generator(seed: int, stage: str, occurrence: int, key: str, copy: int, part: int = 0) -> np.random.Generator:
    """The generator of one stage for one example.

    Philox, keyed by BLAKE2b (keyed with the recipe's seed) over the rest; equal arguments give equal
    draws on any worker, in any order, on any day.

    >>> a, b = generator(7, "gain", 0, "digits/a.wav", 1), generator(7, "gain", 0, "digits/a.wav", 1)
    >>> float(a.random()) == float(b.random())
    True
    """
    text = "\x1f".join((stage, str(occurrence), key, str(copy), str(part)))
    digest = hashlib.blake2b(text.encode(), digest_size=16, key=str(seed).encode()).digest()
    return np.random.Generator(np.random.Philox(_Key(digest)))  # type: ignore[arg-type]


class _Key(ISeedSequence):
    """A key of Philox; given as `key`, it would have numpy ask the system for entropy first, which nobody reads."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def generate_state(self, n_words: int, dtype: object = np.uint32) -> NDArray[np.uint64]:
        return np.frombuffer(self._key, "<u8")
