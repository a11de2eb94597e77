"""Lines as words, characters and the symbols of our tokenizers."""

from __future__ import annotations

from features.text.bpe import Bpe
from features.text.characters import Characters
from training.language.sentences import characters, symbols, words

LINES = ["ab  c\n", "", "  \n", "c"]


def test_lines_without_words_are_left_out():
    assert list(words(LINES)) == [["ab", "c"], ["c"]]
    assert list(characters(LINES)) == [["a", "b", "▁", "c"], ["c"]]


def test_symbols_are_those_of_the_tokenizer():
    assert list(symbols(LINES, Characters().symbols)) == list(characters(LINES))
    assert list(symbols(LINES, Bpe(vocabulary_size=9).symbols)) == [["▁", "a", "b", "▁", "c"], ["▁", "c"]]
