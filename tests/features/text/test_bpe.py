import random
from collections import Counter
from itertools import pairwise

import pytest

from features.chain import Chain
from features.draws import Draws
from features.example import Example
from features.fitting import fit
from features.resources import Resources
from features.stage import Rejected
from features.text.bpe import WORD, Bpe, learn_merges

WORDS = ["low", "lower", "lowest", "newer", "newest", "wide", "wider", "widest", "new", "wid", "lo"]


def _slow(words: Counter[str], count: int) -> list[tuple[str, str]]:
    """The algorithm as the paper has it: count every pair anew before each merge."""
    spelled = {word: [WORD, *word] for word in words}
    merges = []
    for _ in range(count):
        pairs = Counter[tuple[str, str]]()
        for word, often in words.items():
            for left, right in pairwise(spelled[word]):
                pairs[left, right] += often
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for word, symbols in spelled.items():
            text, at = [], 0
            while at < len(symbols):
                whole = tuple(symbols[at : at + 2]) == best
                text.append("".join(symbols[at : at + 1 + whole]))
                at += 1 + whole
            spelled[word] = text
    return merges


@pytest.mark.parametrize("seed", range(20))
def test_the_quick_way_learns_what_the_papers_way_learns(seed: int) -> None:
    rng = random.Random(seed)
    words = Counter({"".join(rng.choices("abcd", k=rng.randint(1, 8))): rng.randint(1, 9) for _ in range(60)})
    assert learn_merges(words, 70) == _slow(words, 70)


def _bound(size: int, texts: list[str]) -> Bpe:
    chain = Chain([Bpe(vocabulary_size=size)])
    examples = [Example(str(number), text=text) for number, text in enumerate(texts)]
    bound = chain.bind(Resources({}, fit(chain, lambda: examples))).stages[0]
    assert isinstance(bound, Bpe)
    return bound


@pytest.mark.parametrize("size", [14, 20, 40, 500])
def test_tokens_become_the_text_again(size: int) -> None:
    rng = random.Random(size)
    texts = [" ".join(rng.choices(WORDS, k=6)) for _ in range(50)]
    stage = _bound(size, texts)
    assert len(stage.vocabulary) <= size
    assert len(set(stage.vocabulary)) == len(stage.vocabulary)
    for text in texts:
        made = stage.apply(Example("a", text=text), Draws(0, "bpe", 0, "a", 0))
        assert isinstance(made, Example)
        ids = made.tokens("bpe").ids
        assert ids.min() >= 2
        assert stage.text(ids.tolist()) == text


def test_frequent_words_are_one_piece() -> None:
    stage = _bound(500, ["the cat and the dog"] * 3)
    made = stage.apply(Example("a", text="the dog"), Draws(0, "bpe", 0, "a", 0))
    assert isinstance(made, Example)
    assert [stage.vocabulary[number] for number in made.tokens("bpe").ids] == ["▁the", "▁dog"]


def test_a_letter_that_train_does_not_have() -> None:
    stage = _bound(60, ["abc"])
    assert stage.apply(Example("a", text="abz"), Draws(0, "bpe", 0, "a", 0)) == Rejected(
        "'z' is no symbol of the texts of train; --refit, or `unknown: token`"
    )
    lenient = stage.model_copy(update={"unknown": "token"})
    made = lenient.apply(Example("a", text="zb"), Draws(0, "bpe", 0, "a", 0))
    assert isinstance(made, Example)
    assert [lenient.vocabulary[number] for number in made.tokens("bpe").ids] == ["▁", "<unk>", "b"]


def test_too_small_a_vocabulary_says_how_many_are_needed() -> None:
    with pytest.raises(ValueError, match="too small: characters alone need 6"):
        Bpe(vocabulary_size=5).fit([Example("a", text="abc")])


def test_no_text_at_all() -> None:
    with pytest.raises(ValueError, match="no recording of train has a text"):
        Bpe().fit([Example("a")])
