"""Tokens become words as the tokenizers of features/text say."""

from __future__ import annotations

import random

import pytest

from features.chain import Chain
from features.example import Example
from features.fitting import fit
from features.resources import Resources
from features.text.bpe import Bpe
from features.text.characters import Characters
from features.text.tokenizer import Tokenizer
from training.decoding.lexicon import Lexicon
from training.decoding.symbols import Symbols

TEXTS = ["ein haus am see", "der see ist tief", "haus und see und hof"]


@pytest.mark.parametrize("stage", [Characters(), Bpe(vocabulary_size=24), Bpe(vocabulary_size=60)])
def test_texts_come_back_from_the_tokens_of_our_tokenizers(stage: Tokenizer) -> None:
    chain = Chain([stage])
    bound = chain.bind(Resources({}, fit(chain, lambda: [Example(text, text=text) for text in TEXTS]))).stages[0]
    assert isinstance(bound, Tokenizer)
    symbols = Symbols(bound.vocabulary)
    assert len(symbols) == len(bound.vocabulary)
    rng = random.Random(1)
    for _ in range(50):
        text = " ".join(rng.choices(" ".join(TEXTS).split(), k=4))
        tokens = [bound.vocabulary.index(symbol) for symbol in bound.symbols(text)]
        assert symbols.text(tokens) == bound.text(tokens) == text
        assert symbols.words(tokens) == text.split()


def test_how_a_language_model_over_symbols_knows_them():
    assert [Symbols(["<blank>", " ", "a"]).written(token) for token in (1, 2)] == ["▁", "a"]
    assert [Symbols(["<blank>", "▁", "▁a"]).written(token) for token in (1, 2)] == ["▁", "▁a"]


def test_without_a_space_all_is_one_word():
    assert Symbols(["<blank>", "a", "b"]).words([1, 2, 1]) == ["aba"]


def test_a_lexicon_knows_its_words_and_what_begins_them():
    lexicon = Lexicon(["haus", "haut", "am"])
    assert lexicon.walk(lexicon.root, "") is lexicon.root
    assert sorted(lexicon.walk(lexicon.walk(lexicon.root, "ha"), "u")) == ["s", "t"]
    assert lexicon.walk(lexicon.root, "hauss") is None
    with pytest.raises(ValueError, match="got ''"):
        Lexicon([""])
