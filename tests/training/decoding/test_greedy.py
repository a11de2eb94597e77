"""Greedy decoding: repeats, blanks, empty input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.decoding.greedy import greedy
from training.decoding.symbols import Symbols

SYMBOLS = Symbols(["<blank>", " ", "a", "b"])


def frames_of(path: list[int]) -> np.ndarray:
    """Log probabilities whose best path this is: 0.7 there, and 0.1 elsewhere."""
    frames = np.full((len(path), 4), math.log(0.1))
    frames[np.arange(len(path)), path] = math.log(0.7)
    return frames


@pytest.mark.parametrize(
    ("path", "tokens", "text"),
    [
        ([2, 2, 0, 2, 3, 3], (2, 2, 3), "aab"),
        ([0, 2, 1, 1, 0, 1, 3, 0], (2, 1, 1, 3), "a b"),
        ([1, 2, 1], (1, 2, 1), "a"),
        ([0, 0], (), ""),
        ([3], (3,), "b"),
        ([], (), ""),
    ],
)
def test_repeats_are_one_and_blanks_none(path, tokens, text):
    found = greedy(frames_of(path), SYMBOLS)
    assert (found.tokens, found.text) == (tokens, text)
    assert found.score == found.acoustic == pytest.approx(len(path) * math.log(0.7))
    assert found.language == 0


def test_another_class_may_be_the_blank():
    assert greedy(frames_of([3, 2, 3, 2]), Symbols(["a", " ", "b", "<blank>"]), blank=3).text == "bb"


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"must be \(frames, 4\)"):
        greedy(np.zeros((3, 5)), SYMBOLS)
