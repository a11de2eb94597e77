"""Meanings: what the numbers of a stored array stand for, by the chain of the generation that it is in."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.chain import Chain
from features.example import Features
from features.resources import Resources
from features.showing.frequencies import frequencies
from features.text.encode_labels import EncodeLabels
from features.text.tokenizer import Tokenizer
from manifests.generation import Generation


class Meanings:
    """The chain of a generation as far as it is known here: stages of a user's own may not be."""

    def __init__(self, generation: Generation) -> None:
        self._fitted = generation.fitted
        try:
            self._chain: Chain | None = Chain.parse(generation.chain)
        except ValueError:  # a stage that only the builder's plugin has, or parameters of another version
            self._chain = None

    def hertz(self, name: str, value: Features) -> NDArray[np.float64] | None:
        """The frequency of each bin in Hz, rising; None where that is not known, or bins are no frequencies."""
        found = None if self._chain is None else frequencies(self._chain, name, value.frame_rate)
        return found if found is not None and len(found) == value.frames.shape[1] else None

    def symbols(self, name: str) -> Sequence[str] | None:
        """The symbol of each token, by its number; None where the chain writes no such tokens."""
        if self._chain is None:
            return None
        for stage, label in zip(self._chain.stages, self._chain.labels(), strict=True):
            if label not in self._fitted:
                continue
            if isinstance(stage, Tokenizer) and stage.target == name:
                return stage.bind(Resources({}, self._fitted), label).vocabulary
            if isinstance(stage, EncodeLabels) and stage.as_ == name:
                found: list[str] = json.loads(self._fitted[label])
                return found
        return None
