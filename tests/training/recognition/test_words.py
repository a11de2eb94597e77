"""Words in time: how tokens make words, and where words begin and end."""

from __future__ import annotations

import numpy as np
import pytest

from training.decoding.alignment import Aligned
from training.decoding.symbols import Symbols
from training.recognition.words import Spoken, Word, in_time, words_of

LETTERS = Symbols(["<blank>", "<unk>", " ", "a", "b"])
PIECES = Symbols(["<blank>", "<unk>", "▁", "▁a", "b"])
RATE, SUBSAMPLING = 100.0, 4


def loud(frames, *spans):
    """Loudness of -10 in spans, -60 elsewhere."""
    found = np.full(frames, -60.0, np.float32)
    for start, end in spans:
        found[start:end] = -10
    return found


@pytest.mark.parametrize("symbols", [LETTERS, PIECES])
def test_tokens_make_words(symbols):
    aligned = [Aligned(3, 2, 4, 0.5), Aligned(4, 5, 6, 0.5), Aligned(2, 7, 8, 0.9), Aligned(4, 9, 11, 0.8)]
    found = words_of(aligned, symbols)
    assert [(word.word, word.first, word.last) for word in found] == [("ab", 2, 5), ("b", 9, 10)]
    assert [word.confidence for word in found] == pytest.approx([0.5, 0.8])
    assert words_of([], symbols) == []


def test_a_confidence_is_the_geometric_mean_of_its_tokens():
    (word,) = words_of([Aligned(3, 0, 1, 0.9), Aligned(4, 1, 2, 0.4)], LETTERS)
    assert word.confidence == pytest.approx(0.6)
    (word,) = words_of([Aligned(3, 0, 1, 0.0)], LETTERS)
    assert 0 <= word.confidence < 1e-9


def test_words_begin_and_end_where_it_is_quiet():
    loudness = loud(200, (20, 60), (100, 150))
    spoken = [Spoken("one", 7, 12, 0.9), Spoken("two", 27, 35, 0.8)]  # heard in the middle of their sounds
    assert in_time(spoken, loudness, SUBSAMPLING, RATE) == [Word("one", 0.2, 0.6, 0.9), Word("two", 1.0, 1.5, 0.8)]


def test_tokens_that_are_heard_in_silence_are_put_right():
    loudness = loud(200, (20, 60), (100, 150))
    spoken = [Spoken("one", 3, 16, 0.9), Spoken("two", 22, 40, 0.8)]  # before their sounds begin, behind their ends
    assert in_time(spoken, loudness, SUBSAMPLING, RATE) == [Word("one", 0.2, 0.6, 0.9), Word("two", 1.0, 1.5, 0.8)]


def test_without_a_pause_the_border_is_half_way():
    first, second = in_time([Spoken("a", 5, 10, 1), Spoken("b", 20, 24, 1)], loud(120, (16, 104)), SUBSAMPLING, RATE)
    assert first.end == second.start == pytest.approx(0.6, abs=0.01)
    assert (first.start, second.end) == (0.16, 1.04)


def test_a_short_silence_in_a_word_is_part_of_it():
    # A stop, of 20 ms before and of 60 ms behind the last token; the pause between the words is the longest silence.
    loudness = loud(200, (20, 40), (42, 60), (66, 70), (100, 150))
    first, second = in_time([Spoken("eight", 6, 11, 1), Spoken("two", 27, 30, 1)], loudness, SUBSAMPLING, RATE)
    assert (first.start, first.end, second.start) == (0.2, 0.7, 1.0)


def test_a_word_does_not_reach_far():
    (word,) = in_time([Spoken("a", 50, 51, 1)], loud(400, (0, 390)), SUBSAMPLING, RATE)
    assert (word.start, word.end) == (2.0 - 0.4, 2.04 + 0.4)


def test_every_word_has_a_length():
    for loudness in (np.zeros(9, np.float32), loud(9, (0, 1)), loud(9)):
        for word in in_time([Spoken("a", 0, 0, 1), Spoken("b", 1, 1, 1), Spoken("c", 2, 9, 1)], loudness, 4, RATE):
            assert 0 <= word.start < word.end <= 0.1 + 1e-9
