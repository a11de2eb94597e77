"""Hypothesis: one reading of an utterance, with what speaks for it; and the order of several."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.decoding.fusion import Fusion, Place

Tokens = tuple[int, ...]


@dataclass(frozen=True)
class Hypothesis:
    """Tokens without blanks, and the text that they make. Scores are natural logarithms.

    `acoustic` is the log probability that the model gives the tokens; `language` what the language model gives them,
    0 without one; `score` what hypotheses are ordered by: acoustic + weight * language + bonus * units.
    """

    tokens: Tokens
    text: str
    score: float
    acoustic: float
    language: float = 0.0

    def to_json(self) -> dict[str, Any]:
        scores = {name: round(getattr(self, name), 4) for name in ("score", "acoustic", "language")}
        return {"text": self.text, **scores}


def ordered(found: Iterable[tuple[Tokens, float]], fusion: Fusion) -> list[Hypothesis]:
    """Hypotheses of tokens and their acoustic log probabilities, the best first.

    The same tokens are one hypothesis, with the sum of the probabilities. Those that stop inside a word of the lexicon
    are none, unless there are no others; then they are there without that word.
    """
    ended: defaultdict[Tokens, float] = defaultdict(lambda: -math.inf)
    cut: defaultdict[Tokens, float] = defaultdict(lambda: -math.inf)
    for tokens, acoustic in found:
        whole = _whole_words(tokens, fusion)
        sums = ended if whole == tokens else cut
        sums[whole] = float(np.logaddexp(sums[whole], acoustic))
    hypotheses = [_hypothesis(tokens, acoustic, fusion) for tokens, acoustic in (ended or cut).items()]
    return sorted(hypotheses, key=lambda each: (-each.score, each.tokens))


def _hypothesis(tokens: Tokens, acoustic: float, fusion: Fusion) -> Hypothesis:
    place = fusion.end(_place(tokens, fusion))
    assert place is not None
    return Hypothesis(tokens, fusion.symbols.text(tokens), acoustic + fusion.score(place), acoustic, place.language)


def _place(tokens: Tokens, fusion: Fusion) -> Place:
    """Where the tokens lead, which the lexicon allows."""
    place = fusion.start()
    for token in tokens:
        following = fusion.advance(place, token)
        assert following is not None
        place = following
    return place


def _whole_words(tokens: Tokens, fusion: Fusion) -> Tokens:
    """The tokens without a last word that the lexicon does not have, and without separators before it."""
    while fusion.end(_place(tokens, fusion)) is None:
        tokens = tokens[:-1]
        while tokens and tokens[-1] == fusion.symbols.separator:
            tokens = tokens[:-1]
    return tokens
