"""An n-gram model from text: interpolated modified Kneser-Ney smoothing.

Chen and Goodman 1998, "An empirical study of smoothing techniques for language modeling", section 3; in the form that
ARPA files take, Heafield et al. 2013, "Scalable modified Kneser-Ney language model estimation", section 3.

A sequence of the highest order counts as often as it is there. A shorter one counts once for each different word before
it, since it is asked for only where the longer one was not seen; one that begins a sentence, which nothing can come
before, counts as often as it is there. With a(c w) for these counts, and D(1), D(2), D(3) for what is taken off counts
of 1, 2, and 3 or more:

    p(w | c) = (a(c w) - D(a(c w))) / a(c .)  +  backoff(c) p(w | c')
    backoff(c) = sum over w of D(a(c w)) / a(c .)

where c' is c without its first word, a(c .) the sum of a(c w) over w. Below p(w), without a context, lies the uniform
distribution over the vocabulary, which holds </s> and <unk>. From t_k, how many sequences of an order have the count k:

    Y = t_1 / (t_1 + 2 t_2),    D(k) = k - (k + 1) Y t_{k+1} / t_k
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.errors import LanguageModelError
from training.language.ngram import BEGIN, END, NEVER, UNKNOWN, NGram, Words

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where a text is too small to tell them: a half for each time that a sequence was seen, up to three."""

Discounts = tuple[float, float, float]


def estimate(sentences: Iterable[Sequence[str]], order: int) -> NGram:
    """The model of these sentences, which are read once, in sequences of up to `order` words.

    The words may be characters or pieces. Where no sequence of an order has a count of 1, of 2 or of 3, or the counts
    make a discount that is not above 0, the order has the discounts of `FALLBACK`. LanguageModelError when there is no
    sentence, or when one has a word that stands for something else.
    """
    if order < 1:
        raise ValueError(f"order is at least 1; got {order}")
    by_order = adjusted(*count(sentences, order))
    known = len(by_order[0]) + 1
    below: dict[Words, float] = {(): 1 / known}  # what the next order is mixed with
    probabilities: dict[Words, float] = {(BEGIN,): NEVER}
    backoffs: dict[Words, float] = {}
    for counts in by_order:
        contexts = _contexts(counts, discounts(counts.values()))
        here = {
            words: contexts[words[:-1]].share(often) + contexts[words[:-1]].backoff * below[words[1:]]
            for words, often in counts.items()
        }
        if () in below:
            here[UNKNOWN,] = contexts[()].backoff / known
        probabilities |= {words: min(0.0, math.log10(probability)) for words, probability in here.items()}
        backoffs |= {words: math.log10(context.backoff) for words, context in contexts.items() if words}
        below = here
    return NGram(order, probabilities, backoffs)


def count(sentences: Iterable[Sequence[str]], order: int) -> tuple[Counter[Words], list[Counter[Words]]]:
    """How often each sequence of `order` words is there, and for each lower order each one that begins a sentence.

    Sentences begin with <s> and end with </s>, and no sequence goes beyond them.
    """
    highest: Counter[Words] = Counter()
    starts: list[Counter[Words]] = [Counter() for _ in range(order - 1)]
    number = 0
    for number, sentence in enumerate(sentences, 1):
        if reserved := {BEGIN, END, UNKNOWN}.intersection(sentence):
            raise LanguageModelError(f"sentence {number} holds {reserved.pop()}, which is no word")
        words = (BEGIN, *sentence, END)
        highest.update(words[at : at + order] for at in range(len(words) - order + 1))
        for length, counts in enumerate(starts, 1):
            counts.update([words[:length]] if length <= len(words) else [])
    if not number:
        raise LanguageModelError("there is no sentence to estimate a language model from")
    return highest, starts


def adjusted(highest: Counter[Words], starts: list[Counter[Words]]) -> list[Counter[Words]]:
    """The counts of each order from 1: times for the highest, different words before for the lower ones.

    <s> alone is left out: it is never asked for.
    """
    orders = [highest]
    for counts in reversed(starts):
        orders.insert(0, counts + Counter(words[1:] for words in orders[0]))
    del orders[0][BEGIN,]
    return orders


def discounts(counts: Iterable[int]) -> Discounts:
    """What is taken off counts of 1, 2, and 3 or more, by how many counts are 1, 2, 3 and 4.

    >>> discounts([1, 1, 1, 1, 2, 2, 3, 9])
    (0.5, 1.25, 3.0)
    >>> discounts([1, 2])
    (0.5, 1.0, 1.5)
    """
    of = Counter(counts)
    if not (of[1] and of[2] and of[3]):
        return FALLBACK
    ratio = of[1] / (of[1] + 2 * of[2])
    one, two, more = (often - (often + 1) * ratio * of[often + 1] / of[often] for often in (1, 2, 3))
    return (one, two, more) if min(one, two, more) > 0 else FALLBACK


@dataclass(frozen=True)
class _Context:
    """What is known of the words after a context: how many there are in all, and the share that is taken off them."""

    total: int
    taken: Discounts
    backoff: float

    def share(self, often: int) -> float:
        """The probability of a word that was counted `often` here, before what comes from shorter contexts."""
        return (often - self.taken[min(often, 3) - 1]) / self.total


def _contexts(counts: Counter[Words], taken: Discounts) -> dict[Words, _Context]:
    totals: defaultdict[Words, int] = defaultdict(int)
    discounted: defaultdict[Words, float] = defaultdict(float)
    for words, often in counts.items():
        totals[words[:-1]] += often
        discounted[words[:-1]] += taken[min(often, 3) - 1]
    return {words: _Context(total, taken, discounted[words] / total) for words, total in totals.items()}
