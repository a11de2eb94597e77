"""Prefix beam search: the most probable texts by a CTC model, and by a language model and a lexicon if there are any.

The probability of a text is the sum over all paths through the frames that collapse to it (Graves et al. 2006,
section 3.1). The search of Hannun et al. 2014, "First-pass large vocabulary continuous speech recognition using
bi-directional recurrent DNNs", algorithm 1, goes through the frames once and keeps, for each of the best beginnings of
a text (prefixes), two such sums: over paths that end in a blank, and over those that end in the prefix's last token.
A token in a frame leads

    blank               to the same prefix
    the last token      to the same prefix from paths that end in it, to a longer one from paths that end in a blank
    any other token     to a longer prefix

With a beam that holds every prefix the result is exact. Where a space separates words, several are one and those at the
ends are none, so hypotheses differ in their words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from training.decoding.fusion import Fusion, Unit
from training.decoding.greedy import checked
from training.decoding.hypothesis import Hypothesis, ordered
from training.decoding.lexicon import Lexicon
from training.decoding.prefix import Floats, Prefix
from training.decoding.symbols import Symbols
from training.language.ngram import NGram

NO_TOKEN = -1
PRUNING = 8.0


def beam_search(
    log_probs: NDArray[np.floating[Any]],
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
    n_best: int = 1,
) -> list[Hypothesis]:
    """The `n_best` hypotheses of log_probs, (frames, classes), the best first; at least one.

    The score is acoustic + weight * language + bonus * units, in natural logarithms. The units are what the language
    model knows: words, or symbols with `unit="symbol"`. `unknown` is added for each word that it does not know, and
    with a lexicon there are only words that the lexicon has. A token that is less probable than the best one of its
    frame by more than `pruning` (natural logarithm) is impossible there; math.inf tries all.
    """
    if beam < 1 or n_best < 1:
        raise ValueError(f"beam and n_best are at least 1; got {beam} and {n_best}")
    fusion = Fusion(symbols, language_model, weight, bonus, lexicon, unit, unknown)
    search = Search(fusion, blank, beam)
    for frame in pruned(checked(log_probs, symbols, blank), pruning, blank):
        search.step(frame)
    return search.finish()[:n_best]


def pruned(log_probs: Floats, pruning: float, blank: int) -> Floats:
    """The log probabilities with -inf where a token is far less probable than the best of its frame."""
    kept = log_probs >= log_probs.max(1, keepdims=True) - pruning if math.isfinite(pruning) else log_probs > -np.inf
    kept[:, blank] = True
    return np.where(kept, log_probs, -np.inf)


class Search:
    """The best prefixes after some frames, and of each the sums over paths that end in a blank, or in its token."""

    def __init__(self, fusion: Fusion, blank: int, beam: int) -> None:
        self.fusion, self.blank_class, self.beam = fusion, blank, beam
        separator = fusion.symbols.separator
        first = NO_TOKEN if separator is None else separator  # a separator at the start changes nothing
        self.prefixes = [Prefix(0, None, first, fusion.start(), fusion)]
        self.blank, self.label = np.zeros(1), np.full(1, -np.inf)
        self._known: WeakValueDictionary[tuple[int, int], Prefix] = WeakValueDictionary()
        self._made = 1

    def step(self, frame: Floats) -> None:
        """One frame more: log probabilities, (classes,)."""
        tokens = np.flatnonzero(frame > -np.inf)
        tokens = tokens[tokens != self.blank_class]
        last = np.array([prefix.token for prefix in self.prefixes])
        between = np.array([prefix.between for prefix in self.prefixes])
        total = np.logaddexp(self.blank, self.label)
        blank = total + frame[self.blank_class]
        label = np.where(between, total, self.label) + np.where(last == NO_TOKEN, -np.inf, frame[last])
        repeated = last[:, np.newaxis] == tokens
        longer = np.where(repeated, self.blank[:, np.newaxis], total[:, np.newaxis]) + frame[tokens]
        added = self._added(tokens, between)
        longer[added == -np.inf] = -np.inf
        self._meet(longer, label, tokens)
        self._keep(blank, label, longer, added, tokens)

    def _added(self, tokens: NDArray[np.intp], between: NDArray[np.bool_]) -> Floats:
        """The language model's part of the score of each prefix with each token: (prefixes, tokens)."""
        if self.fusion.lexicon is None:
            score = np.array([[prefix.score] for prefix in self.prefixes])
            added: Floats = self._gains(tokens) + score
        else:
            numbers = tokens.tolist()
            rows = [[prefix.after(token, self.fusion)[1] for token in numbers] for prefix in self.prefixes]
            added = np.array(rows, np.float64).reshape(len(rows), len(numbers))
        added[np.ix_(between, tokens == self.fusion.symbols.separator)] = -np.inf
        return added

    def _gains(self, tokens: NDArray[np.intp]) -> Floats:
        """By how much each token changes that part of the score of each prefix."""
        gains: Floats = np.array([prefix.gains(self.fusion) for prefix in self.prefixes])[:, tokens]
        for row in np.flatnonzero(np.isnan(gains).any(1)).tolist():
            prefix = self.prefixes[row]
            self.fusion.fill(prefix.place, prefix.gains(self.fusion), tokens)
            gains[row] = prefix.gains(self.fusion)[tokens]
        return gains

    def _meet(self, longer: Floats, label: Floats, tokens: NDArray[np.intp]) -> None:
        """Where a prefix with one token more is itself in the beam, its paths are added there."""
        rows = {prefix: row for row, prefix in enumerate(self.prefixes)}
        columns = {token: column for column, token in enumerate(tokens.tolist())}
        for row, prefix in enumerate(self.prefixes):
            if prefix.parent in rows and prefix.token in columns:
                place = rows[prefix.parent], columns[prefix.token]
                label[row] = np.logaddexp(label[row], longer[place])
                longer[place] = -np.inf

    def _keep(self, blank: Floats, label: Floats, longer: Floats, added: Floats, tokens: NDArray[np.intp]) -> None:
        """The best of what there is now, prefixes as they were and longer ones."""
        stayed = np.logaddexp(blank, label) + [prefix.score for prefix in self.prefixes]
        scores = np.concatenate([stayed, np.where(longer == -np.inf, -np.inf, longer + added).ravel()])
        best = np.argsort(-scores, kind="stable")[: self.beam]
        best = best[scores[best] > -np.inf]
        if not len(best):
            raise ValueError("a frame of log_probs leaves no text possible: every class that may come there is -inf")
        before, count = self.prefixes, len(self.prefixes)
        old, new = best[best < count], best[best >= count] - count
        rows, columns = new // max(1, len(tokens)), new % max(1, len(tokens))
        self.prefixes = [before[row] for row in old]
        pairs = zip(rows.tolist(), tokens[columns].tolist(), strict=True)
        self.prefixes += [self._extended(before[row], token) for row, token in pairs]
        for row in set(range(count)).difference(old.tolist()):
            before[row].forget()
        self.blank = np.concatenate([blank[old], np.full(len(new), -np.inf)])
        self.label = np.concatenate([label[old], longer[rows, columns]])

    def _extended(self, prefix: Prefix, token: int) -> Prefix:
        """The prefix with one token more: the one that is known, if it or anything longer is still in the beam."""
        known = self._known.get((prefix.number, token))
        if known is not None:
            return known
        place, _ = prefix.after(token, self.fusion)
        assert place is not None
        made = Prefix(self._made, prefix, token, place, self.fusion)
        self._made += 1
        self._known[prefix.number, token] = made
        return made

    def finish(self) -> list[Hypothesis]:
        """The texts that end after these frames, the best first.

        Where every one of them stops inside a word of the lexicon, that word is left out.
        """
        tokens = [prefix.tokens(self.fusion.symbols.separator) for prefix in self.prefixes]
        return ordered(zip(tokens, np.logaddexp(self.blank, self.label).tolist(), strict=True), self.fusion)
