"""NGram: how probable a word is after the words before it, from counts of short sequences.

Where a sequence was never seen, the model backs off to a shorter one (Katz 1987, "Estimation of probabilities from
sparse data for the language model component of a speech recognizer"):

    p(w | c) = probability(c w)               where c w is listed
             = backoff(c) p(w | c')           elsewhere, with c' as c without its first word
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
"""Before the first word, after the last one, and any word that the model does not know."""

NEVER = -99.0
"""What ARPA files write for the log10 of 0."""

Words = tuple[str, ...]
State = Words
"""The last words, as many as matter for what comes: at most order - 1."""


@dataclass(frozen=True)
class NGram:
    """log10 probabilities of sequences of 1 to `order` words, the last given the others, and log10 back-off weights.

    The words may be characters or pieces as well. A context without a weight has the weight 1, log10 0.

    >>> model = NGram(2, {("a",): -0.5, ("<unk>",): -1.0, ("</s>",): -0.5, ("<s>", "a"): -0.25}, {("<s>",): -0.5})
    >>> model.score(["a"]), model.score(["b"])
    (-0.75, -2.0)
    """

    order: int
    probabilities: Mapping[Words, float]
    backoffs: Mapping[Words, float]

    def __contains__(self, word: str) -> bool:
        """Whether the model knows the word."""
        return (word,) in self.probabilities

    def vocabulary(self) -> list[str]:
        """Every word that may come next, sorted: with </s> and <unk>, and without <s>."""
        return sorted(words[0] for words in self.probabilities if len(words) == 1 and words[0] != BEGIN)

    def start(self) -> State:
        """Before the first word."""
        return (BEGIN,) if self.order > 1 else ()

    def advance(self, state: State, symbol: str) -> tuple[State, float]:
        """The state after one more word, and the log10 probability of that word. One that is not known is <unk>."""
        if (symbol,) not in self.probabilities:
            symbol = UNKNOWN
        return self._shortened((*state, symbol)), self._log10(state, symbol)

    def end(self, state: State) -> float:
        """log10 probability that the text ends here."""
        return self._log10(state, END)

    def score(self, words: Iterable[str]) -> float:
        """log10 probability of a whole sentence, its end included."""
        state, total = self.start(), 0.0
        for word in words:
            state, log10 = self.advance(state, word)
            total += log10
        return total + self.end(state)

    def perplexity(self, sentences: Iterable[Sequence[str]]) -> float:
        """10 to the mean negative log10 probability of a word, ends of sentences counted as words; nan without any."""
        total, count = 0.0, 0
        for words in sentences:
            total += self.score(words)
            count += len(words) + 1
        return math.pow(10.0, -total / count) if count else math.nan

    def _log10(self, context: Words, word: str) -> float:
        backoff = 0.0
        while True:
            found = self.probabilities.get((*context, word))
            if found is not None:
                return backoff + found
            if not context:
                return backoff + NEVER  # a model that was written without <unk>
            backoff += self.backoffs.get(context, 0.0)
            context = context[1:]

    def _shortened(self, words: Words) -> State:
        """The longest end of the words that anything is known to follow."""
        words = words[max(0, len(words) - self.order + 1) :]
        while words and words not in self.backoffs:
            words = words[1:]
        return words
