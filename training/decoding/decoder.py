"""Decoder: how answers become texts, chosen by whoever asks: greedy, or a beam with a language model and a lexicon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.decoding.fusion import Unit
from training.decoding.hypothesis import Hypothesis
from training.decoding.symbols import Symbols
from training.errors import DataError
from training.language.ngram import END, UNKNOWN, NGram

BEAM = 32
"""Texts that are kept in a search where nothing is said."""

LogProbs = NDArray[np.floating[Any]]
Search = Callable[[LogProbs], list[Hypothesis]]
"""All texts that are left in the end, the best first; at least one."""


@dataclass(frozen=True)
class Decoding:
    """How to decode: by a `beam` of so many texts, or greedily (None), with a language model from an ARPA file.

    `lm_weight` is how much the model counts beside what was heard, `word_bonus` what each of its units adds; both in
    natural logarithms. Its units are symbols where it knows no others. `lexicon` is a file of the words that may be
    said, see `read_lexicon`; `n_best` is how many texts are told at most, and with `fast` flashlight-text does the
    search, which is for a lexicon of words in letters. Each of these brings a beam with it, as a language model does.
    """

    language_model: Path | None = None
    beam: int | None = None
    lm_weight: float = 0.5
    word_bonus: float = 0.0
    lexicon: Path | None = None
    n_best: int = 1
    fast: bool = False

    @property
    def greedy(self) -> bool:
        return not (self.language_model or self.beam or self.lexicon or self.n_best > 1 or self.fast)


@dataclass(frozen=True)
class Decoder:
    """Log probabilities (answers, symbols) to the best text, or to several."""

    decoding: Decoding
    search: Search

    def __call__(self, log_probs: LogProbs) -> Hypothesis:
        return self.search(log_probs)[0]

    def n_best(self, log_probs: LogProbs) -> list[Hypothesis]:
        """The best one and, up to `decoding.n_best` in all, those that follow it with other texts.

        A text that several sequences of pieces spell is told once, as the best of them.
        """
        by_text: dict[str, Hypothesis] = {}
        for found in self.search(log_probs):
            by_text.setdefault(found.text, found)
        return [*by_text.values()][: self.decoding.n_best]

    def describe(self) -> dict[str, Any]:
        """How it finds the best text, as JSON for a report."""
        how = self.decoding
        if how.greedy:
            return {"name": "greedy"}
        return {
            "name": "flashlight-text" if how.fast else "beam",
            "beam": how.beam or BEAM,
            "lm_weight": how.lm_weight,
            "word_bonus": how.word_bonus,
            "language_model": how.language_model and str(how.language_model),
            "lexicon": how.lexicon and str(how.lexicon),
        }


def unit_of(model: NGram, symbols: Symbols) -> Unit:
    """What a language model is of: symbols, where all that it knows are some, or else words."""
    written = {END, UNKNOWN, *(symbols.written(token) for token in range(len(symbols)))}
    return "symbol" if written.issuperset(model.vocabulary()) else "word"


def make_decoder(decoding: Decoding, symbols: Symbols, blank: int) -> Decoder:
    """The decoder for these symbols; reads the language model and the lexicon.

    LanguageModelError, with file and line, where one of them cannot be used. TrainingError where a `fast` search is not
    installed, and DataError where it would be a slow one.
    """
    if decoding.greedy:
        from training.decoding.greedy import greedy

        return Decoder(decoding, lambda log_probs: [greedy(log_probs, symbols, blank=blank)])
    common: dict[str, Any] = {"blank": blank, "beam": decoding.beam or BEAM}
    common |= {"weight": decoding.lm_weight, "bonus": decoding.word_bonus}
    if decoding.language_model is not None:
        from training.language.arpa import read_arpa

        model = read_arpa(decoding.language_model)
        common |= {"language_model": model, "unit": unit_of(model, symbols)}
    if decoding.lexicon is not None:
        from training.decoding.lexicon import read_lexicon

        common["lexicon"] = read_lexicon(decoding.lexicon, symbols)
    return Decoder(decoding, _fast_search(symbols, common) if decoding.fast else _search(symbols, common))


def _search(symbols: Symbols, common: dict[str, Any]) -> Search:
    from training.decoding.beam import beam_search

    return lambda log_probs: beam_search(log_probs, symbols, **common, n_best=common["beam"])


def _fast_search(symbols: Symbols, common: dict[str, Any]) -> Search:
    """By flashlight-text, and by ours where that finds no text, since each one in its beam stops inside a word."""
    from training.decoding.flashlight import ORDERS, Flashlight

    fast, ours = Flashlight(symbols, **common), _search(symbols, common)
    if not fast.by_kenlm:
        raise DataError(
            "flashlight-text is fast only with a lexicon, for symbols that are letters and a space between words, and "
            f"with a language model of {ORDERS[0]} to {ORDERS[-1]} words or none; here the search of ours is faster"
        )
    return lambda log_probs: fast.search(log_probs, n_best=common["beam"]) or ours(log_probs)
