"""Prefix: the beginning of a text in a beam search, and what a language model and a lexicon say of what may follow."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from training.decoding.fusion import Fusion, Place

Floats = NDArray[np.float64]


class Prefix:
    """A prefix and one token more. Two objects in one search are two texts, so that they are compared by identity.

    `number` tells the prefixes of a search apart, `score` is the language model's part of the score, and `between` says
    that another separator would change nothing.
    """

    __slots__ = ("__weakref__", "_after", "_gains", "between", "number", "parent", "place", "score", "token")

    def __init__(self, number: int, parent: Prefix | None, token: int, place: Place, fusion: Fusion) -> None:
        self.number, self.parent, self.token, self.place = number, parent, token, place
        self.score, self.between = fusion.score(place), fusion.between(place)
        self._after: dict[int, tuple[Place | None, float]] = {}
        self._gains: Floats | None = None

    def after(self, token: int, fusion: Fusion) -> tuple[Place | None, float]:
        """Where a token leads, and the language model's part of the score there; -inf where it may not come."""
        if token not in self._after:
            place = fusion.advance(self.place, token)
            self._after[token] = (place, -math.inf if place is None else fusion.score(place))
        return self._after[token]

    def gains(self, fusion: Fusion) -> Floats:
        """By how much each token changes that part of the score, (symbols,), where there is no lexicon."""
        if self._gains is None:
            self._gains = fusion.gains(self.place)
        return self._gains

    def forget(self) -> None:
        """Forgets what was asked: it has left the beam, and may stay for long as the beginning of others."""
        self._after, self._gains = {}, None

    def tokens(self, separator: int | None) -> tuple[int, ...]:
        """All tokens from the first one on, without a separator at the end."""
        found: list[int] = []
        prefix: Prefix | None = self
        while prefix is not None and prefix.parent is not None:
            found.append(prefix.token)
            prefix = prefix.parent
        return tuple(found[found[:1] == [separator] :][::-1])
