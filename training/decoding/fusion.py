"""Fusion: what a language model and a lexicon say of a text while it grows, token by token.

Shallow fusion, in the words of Gulcehre et al. 2015, "On using monolingual corpora in neural machine translation",
section 4.1: the language model's log probability is added to that of the acoustic model with a weight. The bonus for
each word, against the language model's liking for few words, is the beta of Hannun et al. 2014 (see beam.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.decoding.lexicon import END, Lexicon, Spot
from training.decoding.symbols import Symbols
from training.language.ngram import NGram, State

Unit = Literal["word", "symbol"]


class Place(NamedTuple):
    """How far a text has come: all that decides what may follow, and at which price."""

    language: float
    """Natural log probability of the units that are complete, by the language model."""
    units: int
    """How many these are."""
    state: State
    """What the language model remembers of them."""
    word: str
    """The letters of the word that is being written; empty between words."""
    spot: Spot
    """Where these letters lead in the lexicon; the empty tree without one."""


class Fusion:
    """Language model and lexicon as one: `start`, then `advance` for each token, then `end`.

    The units are words, scored where they end, or symbols, each scored as it comes. A separator is scored with the
    symbol after it, so that spaces at the end are none. The last word ends with the text. `unknown` is added to the
    log probability of each word that the language model does not know.
    """

    def __init__(
        self,
        symbols: Symbols,
        language_model: NGram | None = None,
        weight: float = 1.0,
        bonus: float = 0.0,
        lexicon: Lexicon | Iterable[str] | None = None,
        unit: Unit = "word",
        unknown: float = 0.0,
    ) -> None:
        self.symbols, self.model = symbols, language_model
        self.lexicon = lexicon if lexicon is None or isinstance(lexicon, Lexicon) else Lexicon(lexicon)
        self.weight, self.bonus, self.unit, self.unknown = weight, bonus, unit, unknown
        self._written = [symbols.written(token) for token in range(len(symbols))]
        self._prices: dict[tuple[State, str], tuple[State, float]] = {}
        self._gains: dict[tuple[State, bool], NDArray[np.float64]] = {}
        self._border = np.array([border for border, _ in symbols.parts])

    def start(self) -> Place:
        state = self.model.start() if self.model else ()
        return Place(0.0, 0, state, "", self.lexicon.root if self.lexicon else {})

    def score(self, place: Place) -> float:
        """What is added to the acoustic score of a text that has come here."""
        return self.weight * place.language + self.bonus * place.units

    def between(self, place: Place) -> bool:
        """Whether a separator would change nothing here: several are one, and those at the start are none."""
        return not place.word and self.symbols.separator is not None

    def advance(self, place: Place, token: int) -> Place | None:
        """Where the token leads; None where the lexicon has no such word."""
        border, letters = self.symbols.parts[token]
        if border:
            ended = self._word_ended(place)
            if ended is None:
                return None
            place = ended
        spot = place.spot
        if self.lexicon is not None and letters:
            walked = self.lexicon.walk(spot, letters)
            if walked is None:
                return None
            spot = walked
        if self.unit == "symbol":
            place = self._with_symbol(place, token, self._after_space(place))
        return Place(place.language, place.units, place.state, place.word + letters, spot)

    def gains(self, place: Place) -> NDArray[np.float64]:
        """By how much each token changes the score, (symbols,), where there is no lexicon; nan where `fill` must ask.

        Places at which the language model remembers the same share what was asked.
        """
        assert self.lexicon is None
        if self.unit == "word":
            ended = self._word_ended(place)
            return np.where(self._border, 0.0 if ended is None else self.score(ended) - self.score(place), 0.0)
        return self._gains.setdefault((place.state, self._after_space(place)), np.full(len(self.symbols), np.nan))

    def fill(self, place: Place, gains: NDArray[np.float64], tokens: NDArray[np.intp]) -> None:
        """Asks for those of these tokens that are nan."""
        start, after_space = place._replace(language=0.0, units=0), self._after_space(place)
        for token in tokens[np.isnan(gains[tokens])].tolist():
            gains[token] = self.score(self._with_symbol(start, token, after_space))

    def end(self, place: Place) -> Place | None:
        """The text is complete; None where it ends inside a word of the lexicon."""
        ended = self._word_ended(place)
        if ended is None or self.model is None:
            return ended
        return ended._replace(language=ended.language + self.model.end(ended.state) * math.log(10))

    def _word_ended(self, place: Place) -> Place | None:
        language, units, state, word, spot = place
        if not word:
            return place
        if self.lexicon is not None:
            if END not in spot:
                return None
            spot = self.lexicon.root
        if self.unit == "word":
            state, price = self._price(state, word)
            language, units = language + price, units + 1
        return Place(language, units, state, "", spot)

    def _after_space(self, place: Place) -> bool:
        """Whether a separator came that is not scored yet."""
        return self.symbols.separator is not None and place.units > 0 and not place.word

    def _with_symbol(self, place: Place, token: int, after_space: bool) -> Place:
        """The place with one more symbol as a unit, and the separator before it if one came."""
        language, units, state, word, spot = place
        if token == self.symbols.separator:
            return place
        if after_space and self.symbols.separator is not None:
            state, price = self._price(state, self._written[self.symbols.separator])
            language, units = language + price, units + 1
        state, price = self._price(state, self._written[token])
        return Place(language + price, units + 1, state, word, spot)

    def _price(self, state: State, unit: str) -> tuple[State, float]:
        """The state after one more unit, and its natural log probability, kept for the next text that asks."""
        if self.model is None:
            return state, 0.0
        found = self._prices.get((state, unit))
        if found is None:
            after, log10 = self.model.advance(state, unit)
            found = after, log10 * math.log(10) + (0.0 if unit in self.model else self.unknown)
            self._prices[state, unit] = found
        return found
