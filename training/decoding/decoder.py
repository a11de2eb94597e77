"""Decoder: how answers become a text, chosen by whoever asks: greedy, or a beam with a language model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.decoding.fusion import Unit
from training.decoding.hypothesis import Hypothesis
from training.decoding.symbols import Symbols
from training.language.ngram import END, UNKNOWN, NGram

BEAM = 32
"""Texts that are kept in a search where nothing is said."""

LogProbs = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Decoding:
    """How to decode: by a `beam` of so many texts, or greedily (None), with a language model from an ARPA file.

    `lm_weight` is how much the model counts beside what was heard, `word_bonus` what each of its units adds; both in
    natural logarithms. A language model brings a beam with it. Its units are symbols where it knows no others.
    """

    language_model: Path | None = None
    beam: int | None = None
    lm_weight: float = 0.5
    word_bonus: float = 0.0

    @property
    def greedy(self) -> bool:
        return self.language_model is None and self.beam is None


@dataclass(frozen=True)
class Decoder:
    """Log probabilities (answers, symbols) to the best text."""

    decoding: Decoding
    search: Callable[[LogProbs], Hypothesis]

    def __call__(self, log_probs: LogProbs) -> Hypothesis:
        return self.search(log_probs)

    def describe(self) -> dict[str, Any]:
        """How it decodes, as JSON for a report."""
        if self.decoding.greedy:
            return {"name": "greedy"}
        given = asdict(self.decoding)
        path = given.pop("language_model")
        return {"name": "beam", **given, "beam": self.decoding.beam or BEAM, "language_model": path and str(path)}


def unit_of(model: NGram, symbols: Symbols) -> Unit:
    """What a language model is of: symbols, where all that it knows are some, or else words."""
    written = {END, UNKNOWN, *(symbols.written(token) for token in range(len(symbols)))}
    return "symbol" if written.issuperset(model.vocabulary()) else "word"


def make_decoder(decoding: Decoding, symbols: Symbols, blank: int) -> Decoder:
    """The decoder for these symbols; reads the language model, with that module's error where it cannot be read."""
    if decoding.greedy:
        from training.decoding.greedy import greedy

        return Decoder(decoding, lambda log_probs: greedy(log_probs, symbols, blank=blank))
    from training.decoding.beam import beam_search

    common: dict[str, Any] = {"blank": blank, "beam": decoding.beam or BEAM}
    common |= {"weight": decoding.lm_weight, "bonus": decoding.word_bonus}
    if decoding.language_model is not None:
        from training.language.arpa import read_arpa

        model = read_arpa(decoding.language_model)
        common |= {"language_model": model, "unit": unit_of(model, symbols)}
    return Decoder(decoding, lambda log_probs: beam_search(log_probs, symbols, **common)[0])
