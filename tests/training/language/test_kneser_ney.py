"""Modified Kneser-Ney against a case worked by hand, the formulas read word for word, and the sum of one."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from training.errors import LanguageModelError
from training.language.kneser_ney import FALLBACK, discounts, estimate
from training.language.ngram import NGram


def random_sentences(seed: int, count: int = 60) -> list[list[str]]:
    """Words of which some are frequent and some rare, so that all discounts are there."""
    rng = random.Random(seed)
    words, weights = "abcdefghijklmnop", [1 / rank for rank in range(1, 17)]
    return [rng.choices(words, weights, k=rng.randint(0, 7)) for _ in range(count)]


def probability(model: NGram, words: str) -> float:
    return 10 ** model.probabilities[tuple(words.split())]


def test_a_case_worked_by_hand():
    """Three sentences: a b, a b, a c.

    Pairs: <s> a 3, a b 2, b </s> 2, a c 1, c </s> 1. So t_1 = 2, t_2 = 2, t_3 = 1, t_4 = 0,
        Y = 2 / (2 + 4) = 1/3, D(1) = 1 - 2/3 = 1/3, D(2) = 2 - 3 (1/3) (1/2) = 3/2, D(3) = 3 - 0 = 3.
    Single words, by how many different ones come before: a 1 (<s>), b 1 (a), c 1 (a), </s> 2 (b and c): 5 in all.
        No count is 3, so the discounts are 1/2, 1, 3/2; taken off are 3 halves and 1, so half of the mass is left,
        and each of the five words of the vocabulary (with <unk>) has a tenth of it: 1/2 / 5 = 1/10.
        p(a) = p(b) = p(c) = (1 - 1/2) / 5 + 1/10 = 1/5;  p(</s>) = (2 - 1) / 5 + 1/10 = 3/10;  p(<unk>) = 1/10.
    After <s>: 3 of 3 are taken off, so p(a | <s>) = 0 + 1 p(a) = 1/5.
    After a: 3/2 + 1/3 of 3 are taken off, 11/18: p(b | a) = (2 - 3/2) / 3 + 11/18 (1/5) = 13/45,
        p(c | a) = (1 - 1/3) / 3 + 11/18 (1/5) = 31/90.
    After b: 3/2 of 2, 3/4: p(</s> | b) = 1/4 + 3/4 (3/10) = 19/40.
    After c: 1/3 of 1: p(</s> | c) = 2/3 + 1/3 (3/10) = 23/30.
    """
    model = estimate([["a", "b"], ["a", "b"], ["a", "c"]], 2)
    expected = {"a": 1 / 5, "b": 1 / 5, "c": 1 / 5, "</s>": 3 / 10, "<unk>": 1 / 10}
    expected |= {"<s> a": 1 / 5, "a b": 13 / 45, "a c": 31 / 90, "b </s>": 19 / 40, "c </s>": 23 / 30, "<s>": 1e-99}
    assert {" ".join(words): 10**log10 for words, log10 in model.probabilities.items()} == pytest.approx(expected)
    left = {" ".join(words): 10**log10 for words, log10 in model.backoffs.items()}
    assert left == pytest.approx({"<s>": 1, "a": 11 / 18, "b": 3 / 4, "c": 1 / 3})
    # p(a | <s>) p(c | a) p(</s> | c), and a word that is new: backoff(<s>) p(<unk>) p(</s>), as nothing follows <unk>
    assert 10 ** model.score(["a", "c"]) == pytest.approx(1 / 5 * 31 / 90 * 23 / 30)
    assert 10 ** model.score(["z"]) == pytest.approx(1 / 10 * 3 / 10)


def word_for_word(sentences: list[list[str]], order: int):
    """p(word | context) as the formulas say it, by going through all the text for every question; quite slow."""
    texts = [("<s>", *sentence, "</s>") for sentence in sentences]
    seen = {
        length: Counter(text[at : at + length] for text in texts for at in range(len(text) - length + 1))
        for length in range(1, order + 2)
    }
    vocabulary = sorted({word for sentence in sentences for word in sentence} | {"</s>", "<unk>"})

    def a(words):
        if len(words) == order or words[0] == "<s>":
            return seen[len(words)][words]
        return sum(longer[1:] == words for longer in seen[len(words) + 1])

    counts = {
        length: {words: a(words) for words in seen[length] if words != ("<s>",)} for length in range(1, order + 1)
    }

    def discount(words):
        t = Counter(counts[len(words)].values())
        often = min(a(words), 3)
        if not (t[1] and t[2] and t[3]):
            return [0, 0.5, 1, 1.5][often]
        y = t[1] / (t[1] + 2 * t[2])
        three = [1 - 2 * y * t[2] / t[1], 2 - 3 * y * t[3] / t[2], 3 - 4 * y * t[4] / t[3]]
        return ([0, *three] if min(three) > 0 else [0, 0.5, 1, 1.5])[often]

    def p(context, word):
        followers = [words for words in counts[len(context) + 1] if words[:-1] == context]
        below = p(context[1:], word) if context else 1 / len(vocabulary)
        if not followers:
            return below
        total = sum(map(a, followers))
        words = (*context, word)
        here = (a(words) - discount(words)) / total if words in counts[len(words)] else 0
        return here + sum(map(discount, followers)) / total * below

    return p, vocabulary


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_formulas_word_for_word(order):
    sentences = random_sentences(order, 25)
    p, vocabulary = word_for_word(sentences, order)
    model = estimate(sentences, order)
    assert model.vocabulary() == vocabulary
    for words in (("a", "b"), ("b", "a", "a"), ("a", "z"), ("p", "p"), ()):
        expected, history = 0.0, ["<s>"]
        for word in (*words, "</s>"):
            word = word if word in vocabulary else "<unk>"
            expected += math.log10(p(tuple(history[1 - order :] if order > 1 else ()), word))
            history.append(word)
        assert model.score(words) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_words_after_any_context_have_probabilities_that_sum_to_one(order, seed):
    model = estimate(random_sentences(seed), order)
    vocabulary = model.vocabulary()
    states = {model.start(), *model.backoffs}
    for text in random_sentences(seed + 100, 20):  # other texts, with contexts that were never seen
        state = model.start()
        for word in text:
            state, _ = model.advance(state, word)
            states.add(state)
    assert len(states) > {1: 0, 2: 16, 3: 60, 4: 90}[order]
    for state in states:
        total = sum(10 ** model.advance(state, word)[1] for word in vocabulary if word != "</s>")
        assert total + 10 ** model.end(state) == pytest.approx(1)


def test_discounts_by_hand():
    """t = 10, 4, 2, 1: Y = 10/18, D(1) = 1 - 2 Y 4/10, D(2) = 2 - 3 Y 2/4, D(3) = 3 - 4 Y 1/2."""
    assert discounts([1] * 10 + [2] * 4 + [3] * 2 + [4, 5, 5]) == pytest.approx((5 / 9, 7 / 6, 17 / 9))


@pytest.mark.parametrize(
    "counts",
    [
        [2, 3, 4],  # no count of 1
        [1, 3, 4],
        [1, 2, 4],
        [1, 1, 1, 2, 3, 3, 3],  # D(2) = 2 - 3 3/5 3 is below 0
    ],
)
def test_discounts_that_cannot_be_told_are_those_for_small_texts(counts):
    assert discounts(counts) == FALLBACK


def test_tiny_texts():
    model = estimate([["a"]], 3)
    assert {" ".join(words) for words in model.probabilities} == {
        *("<s>", "<unk>", "a", "</s>"),
        *("<s> a", "a </s>", "<s> a </s>"),
    }
    empty = estimate([[]], 3)
    assert 10 ** empty.score([]) == pytest.approx(1 / 2 + 1 / 2 * (1 / 2 + 1 / 2 * 1 / 2))


def test_mistakes_are_named():
    with pytest.raises(LanguageModelError, match="there is no sentence"):
        estimate([], 2)
    with pytest.raises(LanguageModelError, match="sentence 2 holds </s>, which is no word"):
        estimate([["a"], ["b", "</s>"]], 2)
    with pytest.raises(ValueError, match="order is at least 1; got 0"):
        estimate([["a"]], 0)


def test_perplexity_is_that_of_the_words_and_ends():
    model = estimate([["a", "b"], ["a", "b"], ["a", "c"]], 2)
    product = 1 / 5 * 31 / 90 * 23 / 30 * (1 / 10 * 3 / 10)
    assert model.perplexity([["a", "c"], ["z"]]) == pytest.approx(product ** (-1 / 5))
    assert math.isnan(model.perplexity([]))
