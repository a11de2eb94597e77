"""Fusion: what a language model and a lexicon say of a text while it grows, token by token.

Shallow fusion, in the words of Gulcehre et al. 2015, "On using monolingual corpora in neural machine translation",
section 4.1: the language model's log probability is added to that of the acoustic model with a weight. The bonus for
each word, against the language model's liking for few words, is the beta of Hannun et al. 2014 (see beam.py).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

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
        lexicon: Lexicon | None = None,
        unit: Unit = "word",
        unknown: float = 0.0,
    ) -> None:
        self.symbols, self.model, self.lexicon = symbols, language_model, lexicon
        self.weight, self.bonus, self.unit, self.unknown = weight, bonus, unit, unknown
        self._written = [symbols.written(token) for token in range(len(symbols))]

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
        if self.unit == "symbol" and token != self.symbols.separator:
            if self.symbols.separator is not None and place.units and not place.word:
                place = self._with(place, self._written[self.symbols.separator])
            place = self._with(place, self._written[token])
        return place._replace(word=place.word + letters, spot=spot)

    def end(self, place: Place) -> Place | None:
        """The text is complete; None where it ends inside a word of the lexicon."""
        ended = self._word_ended(place)
        if ended is None or self.model is None:
            return ended
        return ended._replace(language=ended.language + self.model.end(ended.state) * math.log(10))

    def _word_ended(self, place: Place) -> Place | None:
        if not place.word:
            return place
        if self.lexicon is not None:
            if END not in place.spot:
                return None
            place = place._replace(spot=self.lexicon.root)
        if self.unit == "word":
            place = self._with(place, place.word)
        return place._replace(word="")

    def _with(self, place: Place, unit: str) -> Place:
        """One more unit, by the language model if there is one."""
        if self.model is None:
            return place._replace(units=place.units + 1)
        state, log10 = self.model.advance(place.state, unit)
        language = place.language + log10 * math.log(10)
        if self.unknown and unit not in self.model:
            language += self.unknown
        return place._replace(language=language, units=place.units + 1, state=state)
