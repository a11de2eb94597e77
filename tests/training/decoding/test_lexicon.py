"""Lexicons from files: the words that are read, and where a file is wrong."""

from __future__ import annotations

import codecs

import pytest

from training.decoding.lexicon import read_lexicon
from training.decoding.symbols import Symbols
from training.errors import LanguageModelError

CHARACTERS = Symbols(["<blank>", "<unk>", " ", "a", "b", "ü"])
PIECES = Symbols(["<blank>", "<unk>", "▁", "▁ab", "c", "de"])
SOUNDS = Symbols(["<blank>", "<unk>", " ", "a", "aɪ", "tʃ", "ˈaɪ"])


def written(tmp_path, content):
    path = tmp_path / "words.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize("content", ["ab\nüb\n\n  \nab\n", "ab\r\nüb", "\n ab \n\tüb\t\n"])
def test_a_word_a_line(tmp_path, content):
    assert read_lexicon(written(tmp_path, content), CHARACTERS).words == {"ab", "üb"}


def test_a_mark_of_the_encoding_is_no_letter(tmp_path):
    assert read_lexicon(written(tmp_path, codecs.BOM_UTF8 + b"ab\n"), CHARACTERS).words == {"ab"}


@pytest.mark.parametrize(
    ("symbols", "words"), [(PIECES, ["ab", "abc", "cde", "dec"]), (SOUNDS, ["aaɪ", "tʃaɪ", "ˈaɪtʃ"])]
)
def test_words_are_spelled_in_pieces(tmp_path, symbols, words):
    assert read_lexicon(written(tmp_path, "\n".join(words)), symbols).words == {*words}


@pytest.mark.parametrize(
    ("symbols", "word", "why"),
    [
        (CHARACTERS, "Abba", "the symbols of the model, which have no 'A'"),
        (CHARACTERS, "xay", "which have no 'x', 'y'"),
        (CHARACTERS, "<unk>", "which have no '<', '>', 'k', 'n', 'u'"),
        (PIECES, "cab", "the symbols of the model"),  # ▁ab begins a word
        (PIECES, "abd", "the symbols of the model"),
        (SOUNDS, "aɪɪ", "the symbols of the model"),
    ],
)
def test_a_word_that_cannot_be_spelled_is_named_with_its_line(tmp_path, symbols, word, why):
    path = written(tmp_path, f"\n{word}\n")
    with pytest.raises(LanguageModelError) as caught:
        read_lexicon(path, symbols)
    assert str(caught.value).startswith(f"{path}:2: {word!r} cannot be spelled with ")
    assert str(caught.value).endswith(why)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("ab\nab ba\n", r"words\.txt:2: a lexicon has one word a line, without spaces; got 'ab ba'"),
        ("ab\tA B\n", r"words\.txt:1: a lexicon has one word a line"),
        (b"ab\nba\n\xfcb\n", r"words\.txt:3: this line is no UTF-8"),
        ("ab\n".encode("utf-16"), r"words\.txt:1: this line is no UTF-8"),
        ("\n \n", r"words\.txt: there is no word in it"),
        ("", r"words\.txt: there is no word in it"),
    ],
)
def test_a_file_that_is_no_lexicon_is_refused(tmp_path, content, words):
    with pytest.raises(LanguageModelError, match=words):
        read_lexicon(written(tmp_path, content), CHARACTERS)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(LanguageModelError, match=r"words\.txt: there is no such file"):
        read_lexicon(tmp_path / "words.txt", CHARACTERS)
    with pytest.raises(LanguageModelError, match="cannot be read: Is a directory"):
        read_lexicon(tmp_path, CHARACTERS)
