"""CtcBound: leaves out what connectionist temporal classification cannot align, and what would make its loss infinite.

CTC (Graves et al. 2006, section 3) puts each target into a frame of its own, and a blank between equal neighbours:
there must be at least as many frames as targets and adjacent repeats. A loss over fewer is infinite.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Example
from features.stage import PREDICT, FeatureShape, Filtered, Outcome, Shape, Shapes, Stage, TokenShape


class CtcBound(Stage):
    """The example as it is, where ceil(frames / subsampling) >= tokens + adjacent repeats; filtered otherwise."""

    name: ClassVar[str] = "ctc_bound"
    version: ClassVar[int] = 1
    shown = ({"log_mel": {}}, {"characters": {}}, {"ctc_bound": {"subsampling": 4}})

    features: str = Field("log_mel", description="Name of the features that the model hears.")
    tokens: str = Field("characters", description="Name of the tokens that it is to write.")
    subsampling: int = Field(4, ge=1, description="Frames of features for each answer of the model.")

    def acts_on(self, split: str, copy: int) -> bool:
        return split != PREDICT

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        for name, kind, what in ((self.features, FeatureShape, "features"), (self.tokens, TokenShape, "tokens")):
            if not isinstance(shapes.get(name), kind):
                known = ", ".join(shapes) or "none"
                raise ChainError(f"ctc_bound needs {what} {name!r} of a stage before it (there: {known})", what)
        return dict(shapes)

    def apply(self, example: Example, draws: Draws) -> Outcome:
        ids = example.tokens(self.tokens).ids
        answers, needed = -(-len(example.features(self.features).frames) // self.subsampling), frames_needed(ids)
        if answers < needed:
            return Filtered(f"{answers} answers are too few for {len(ids)} tokens, which need {needed} for CTC")
        return example


def frames_needed(ids: NDArray[np.int32]) -> int:
    """The tokens, and a blank between neighbours that are equal.

    >>> frames_needed(np.array([3, 3, 4, 4, 4]))
    8
    """
    return len(ids) + int(np.count_nonzero(ids[1:] == ids[:-1]))
