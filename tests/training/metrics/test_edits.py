"""Edits: against every alignment of short sequences, and against jiwer on longer ones."""

from __future__ import annotations

import math
from functools import cache

import jiwer
import numpy as np
import pytest

from training.metrics.edits import Edits, align, count, summed

PAIRS = [
    ("", "", [0, 0, 0, 0]),
    ("abc", "abc", [0, 0, 0, 3]),
    ("abc", "", [0, 3, 0, 3]),
    ("", "ab", [2, 0, 0, 0]),
    ("abc", "axc", [0, 0, 1, 3]),
    ("abc", "ac", [0, 1, 0, 3]),
    ("abc", "abxc", [1, 0, 0, 3]),
    ("ab", "ba", [0, 0, 2, 2]),  # two substitutions rather than one insertion and one deletion
    ("kitten", "sitting", [1, 0, 2, 6]),
]


def distance(reference: str, hypothesis: str) -> int:
    """The least number of edits, by trying everything."""

    @cache
    def least(row: int, column: int) -> int:
        if row == len(reference) or column == len(hypothesis):
            return len(reference) - row + len(hypothesis) - column
        pair = least(row + 1, column + 1) + (reference[row] != hypothesis[column])
        return min(pair, least(row + 1, column) + 1, least(row, column + 1) + 1)

    return least(0, 0)


def drawn(seed: int, symbols: str, longest: int) -> tuple[str, str]:
    rng = np.random.default_rng(seed)
    one, other = ("".join(rng.choice([*symbols], rng.integers(0, longest))) for _ in range(2))
    return one, other


@pytest.mark.parametrize(("reference", "hypothesis", "counts"), PAIRS)
def test_edits_of_a_few(reference, hypothesis, counts):
    assert list(count(align(reference, hypothesis))) == counts


@pytest.mark.parametrize("seed", range(60))
def test_an_alignment_spells_both_sides_at_the_least_cost(seed):
    reference, hypothesis = drawn(seed, "abc", 9)
    pairs = align(reference, hypothesis)
    assert "".join(said for said, _ in pairs if said) == reference
    assert "".join(heard for _, heard in pairs if heard) == hypothesis
    assert count(pairs).errors == distance(reference, hypothesis)


@pytest.mark.parametrize("seed", range(20))
def test_words_are_counted_as_jiwer_counts_them(seed):
    reference, hypothesis = (" ".join(f"w{letter}" for letter in text) for text in drawn(seed, "abcdef", 40))
    reference += " end"  # jiwer takes no empty reference
    found, expected = count(align(reference.split(), hypothesis.split())), jiwer.process_words(reference, hypothesis)
    assert found.errors == expected.substitutions + expected.deletions + expected.insertions
    assert found.insertions - found.deletions == expected.insertions - expected.deletions
    assert found.rate == pytest.approx(expected.wer)
    characters = count(align(reference, hypothesis))
    assert characters.rate == pytest.approx(jiwer.cer(reference, hypothesis))


def test_a_rate_is_errors_over_the_reference():
    assert summed([[1, 0, 0, 2], [0, 1, 1, 6]]) == Edits(1, 1, 1, 8)
    assert summed([[1, 0, 0, 2], [0, 1, 1, 6]]).rate == 3 / 8
    assert Edits(3, 0, 0, 1).rate == 3
    assert math.isnan(summed([]).rate)
