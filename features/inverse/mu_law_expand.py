"""MuLawExpand: audio from mu-law codes, the inverse of `mu_law`, for models that predict codes. ITU-T G.711, the
continuous formula.

x = sgn(y) ((1 + mu)^|y| - 1) / mu with mu = 255, where y = 2 code / mu - 1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Tokens
from features.signal.mu_law import CODES, expanded, levels
from features.stage import AudioShape, Rejected, Shape, Shapes, TokenShape, Transform


@lru_cache(maxsize=1)
def _samples() -> NDArray[np.float32]:
    """The sample of each code."""
    table = expanded(levels()).astype(np.float32)
    table.flags.writeable = False
    return table


class MuLawExpand(Transform):
    """Audio, (1, length), from mu-law codes; or from companded audio, (channels, samples), clipped to full scale.

    >>> tokens = Tokens(np.int32([0, 255]), 8000)
    >>> MuLawExpand().transform(tokens, Draws(0, "mu_law_expand", 0, "key", 0)).samples.tolist()
    [[-1.0, 1.0]]
    """

    name: ClassVar[str] = "mu_law_expand"
    version: ClassVar[int] = 2
    shown = ({"mu_law": {}}, {"mu_law_expand": {"as": "expanded"}})
    reads = Tokens
    writes: ClassVar[str | None] = "audio"

    of: str = Field("mu_law", description="Name of the tokens, or of the companded audio, that is read.")

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        before = shapes.get(self.of)
        return {**shapes, self.target: before} if isinstance(before, AudioShape) else super().check(shapes)

    def shape(self, before: TokenShape) -> AudioShape:
        if before.vocabulary not in (None, CODES):
            raise ChainError(f"mu_law_expand reads the tokens of mu_law, and {self.of!r} holds others", "of")
        return AudioShape(round(before.rate) if before.rate else None, 1)

    def transform(self, value: Tokens | Audio, draws: Draws) -> Audio | Rejected:
        if isinstance(value, Audio):
            companded = np.ascontiguousarray(value.samples)
            return Audio(expanded(np.clip(companded, -1, 1)), value.sample_rate)
        if value.rate is None or (value.ids.size and not 0 <= value.ids.min() <= value.ids.max() < CODES):
            return Rejected(f"tokens that are no mu-law codes: {self.of}")
        return Audio(_samples()[value.ids][np.newaxis], round(value.rate))
