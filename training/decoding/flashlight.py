"""The beam search by flashlight-text, in C++: what beam.py searches, by the same scores, sooner where KenLM serves.

Kahn et al. 2022, "Flashlight: enabling innovation in tools for machine learning". It has two searches, and both sum
over paths. The one with a lexicon knows KenLM and scores words where they end, all of it in C++; it is taken for words
of a lexicon that are spelled in single letters and that a space separates. There a word ends with its space, so a last
frame that is certainly a space is added after the others, which changes no sum. The search without a lexicon asks us
about each token, and is taken for all else: more as a check of ours than for its speed.

Both keep paths that end in a blank apart from the others, so they have a beam of twice the size.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable
from importlib import import_module
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.decoding.beam import PRUNING, pruned
from training.decoding.fusion import Fusion, Place, Unit
from training.decoding.greedy import checked
from training.decoding.hypothesis import Hypothesis, Tokens, ordered
from training.decoding.lexicon import Lexicon
from training.decoding.symbols import Symbols
from training.errors import TrainingError
from training.language.arpa import write_arpa
from training.language.ngram import NGram

WIDE = 1e9
"""How far below the best hypothesis another one may lie: any distance but that of the impossible."""
ORDERS = range(2, 7)
"""Of models that KenLM reads, as it is built for flashlight-text."""


class Flashlight:
    """A search that is made once, and then takes utterances one after the other. Parameters are those of beam_search.

    TrainingError where flashlight-text is not installed. `by_kenlm` says which of the two searches it is.
    """

    def __init__(
        self,
        symbols: Symbols,
        *,
        blank: int = 0,
        beam: int = 64,
        language_model: NGram | None = None,
        weight: float = 1.0,
        bonus: float = 0.0,
        lexicon: Lexicon | Iterable[str] | None = None,
        unit: Unit = "word",
        unknown: float = 0.0,
        pruning: float = PRUNING,
    ) -> None:
        self.fusion = Fusion(symbols, language_model, weight, bonus, lexicon, unit, unknown)
        self.blank, self.beam, self.pruning = blank, beam, pruning
        self._silence = blank if symbols.separator is None else symbols.separator
        self._decoder = installed("flashlight.lib.text.decoder")
        readable = language_model is None or (language_model.order in ORDERS and not unknown)
        lexicon = self.fusion.lexicon
        by_letters = symbols.separator is not None and all(len(letters) == 1 for letters in symbols.first)
        self.by_kenlm = lexicon is not None and by_letters and unit == "word" and readable
        if self.by_kenlm:
            assert lexicon is not None
            words = sorted(word for word in lexicon.words if set(word) <= set(symbols.vocabulary))
            self._model = _kenlm(language_model, words, self._decoder)
            self._trie = _trie(words, symbols, self._decoder)
        else:
            self._model = _asking(self.fusion, self._decoder)

    def search(self, log_probs: NDArray[np.floating[Any]], n_best: int = 1) -> list[Hypothesis]:
        """The `n_best` hypotheses of log_probs, (frames, classes), the best first.

        With KenLM it is empty where every text in the beam stops inside a word.
        """
        frames = pruned(checked(log_probs, self.fusion.symbols, self.blank), self.pruning, self.blank)
        if self.by_kenlm:
            space = np.full((1, frames.shape[1]), -np.inf)
            space[0, self._silence] = 0.0
            frames = np.concatenate([frames, space])
        tried = int((frames > -np.inf).sum(1).max(initial=1))
        emissions = np.ascontiguousarray(frames, np.float32)
        results = self._search(tried).decode(emissions.ctypes.data, *emissions.shape)
        found = [(self._collapsed(result.tokens[1:-1]), result.score) for result in results if result.score > -math.inf]
        return ordered([(tokens, score - self._fused(tokens)) for tokens, score in found], self.fusion)[:n_best]

    def _search(self, tried: int) -> Any:
        """The search of flashlight-text that tries as many tokens in a frame."""
        made, ctc = self._decoder, self._decoder.CriterionType.CTC
        sizes = (2 * self.beam, tried, WIDE)
        if not self.by_kenlm:
            free = made.LexiconFreeDecoderOptions(*sizes, 1.0, 0.0, True, ctc)
            return made.LexiconFreeDecoder(free, self._model, self._silence, self.blank, [])
        weight = self.fusion.weight * math.log(10)
        options = made.LexiconDecoderOptions(*sizes, weight, self.fusion.bonus, -math.inf, 0.0, True, ctc)
        return made.LexiconDecoder(options, self._trie, self._model, self._silence, self.blank, -1, [], False)

    def _collapsed(self, path: Iterable[int]) -> Tokens:
        """The tokens of a path, with one separator between words."""
        separator = self.fusion.symbols.separator
        found: list[int] = []
        for token in [token for token, _ in groupby(path) if token != self.blank]:
            if token != separator or (found and found[-1] != separator):
                found.append(token)
        return tuple(found[:-1] if found and found[-1] == separator else found)

    def _fused(self, tokens: Tokens) -> float:
        """What language model and lexicon add to the score of these tokens; -inf for no text of the lexicon."""
        place: Place | None = self.fusion.start()
        for token in tokens:
            place = None if place is None else self.fusion.advance(place, token)
        place = None if place is None else self.fusion.end(place)
        return -math.inf if place is None else self.fusion.score(place)


def installed(name: str) -> ModuleType:
    """A module of flashlight-text; TrainingError where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise TrainingError("this search needs flashlight-text: pip install 'wavemill[decoding]'") from error


def _kenlm(model: NGram | None, words: list[str], decoder: ModuleType) -> Any:
    """The model as KenLM has it, with the words by their number."""
    if model is None:
        return decoder.ZeroLM()
    dictionary = installed("flashlight.lib.text.dictionary").Dictionary(words)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.arpa"
        write_arpa(model, path)
        return installed("flashlight.lib.text.decoder.kenlm").KenLM(str(path), dictionary)


def _trie(words: list[str], symbols: Symbols, decoder: ModuleType) -> Any:
    """The words by their letters, each with its space."""
    numbers = {symbol: number for number, symbol in enumerate(symbols.vocabulary)}
    trie = decoder.Trie(len(symbols), symbols.separator)
    for number, word in enumerate(words):
        trie.insert([*(numbers[letter] for letter in word), symbols.separator], number, 0.0)
    return trie


def _asking(fusion: Fusion, decoder: ModuleType) -> Any:
    """Our fusion as a language model of flashlight-text, which asks it for each token."""

    class Asking(decoder.LM):  # type: ignore[misc, name-defined]
        def start(self, start_with_nothing: bool) -> Any:
            state = decoder.LMState()
            self.places = {state: fusion.start()}
            return state

        def score(self, state: Any, token: int) -> tuple[Any, float]:
            before = self.places[state]
            if token == fusion.symbols.separator and fusion.between(before):
                return state, 0.0
            child = state.child(token)
            if child not in self.places:
                place = fusion.advance(before, token)
                if place is None:
                    return child, -math.inf
                self.places[child] = place
            return child, fusion.score(self.places[child]) - fusion.score(before)

        def finish(self, state: Any) -> tuple[Any, float]:
            before = self.places[state]
            place = fusion.end(before)
            return state.child(-1), -math.inf if place is None else fusion.score(place) - fusion.score(before)

    return Asking()
