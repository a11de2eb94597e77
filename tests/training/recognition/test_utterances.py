"""Utterances: cut in silences, nothing lost, and none too long."""

from __future__ import annotations

import numpy as np
import pytest

from training.recognition.chunks import Answered
from training.recognition.utterances import best_cut, utterances


def answers(path):
    """Log probabilities of these classes, nearly certain."""
    return np.log(np.where(np.eye(3)[path] > 0, 0.98, 0.01)).astype(np.float32)


def stretches(path, length, subsampling=4):
    """The path in stretches, with the number of each frame as its loudness; the last answer has one frame."""
    frames = np.arange(len(path) * subsampling - subsampling + 1, dtype=np.float32)
    for start in range(0, len(path), length):
        end = start + length
        yield Answered(answers(path[start:end]), frames[start * subsampling : end * subsampling])


@pytest.mark.parametrize("length", [1, 7, 50, 1000])
@pytest.mark.parametrize("most", [20, 90])
def test_nothing_is_lost(length, most):
    path = np.random.default_rng(0).integers(0, 3, 200)
    found = list(utterances(stretches(path, length), [0], most, 4))
    assert [one.first for one in found] == np.cumsum([0, *(len(one.log_probs) for one in found[:-1])]).tolist()
    assert np.array_equal(np.concatenate([one.log_probs for one in found]), answers(path))
    assert np.concatenate([one.loudness for one in found]).tolist() == list(range(797))
    assert all(len(one.log_probs) <= most for one in found)
    assert all(one.loudness[0] == one.first * 4 for one in found)


def test_what_is_not_too_long_is_one():
    (found,) = utterances(stretches([0, 1, 0, 0, 2], 2), [0], 5, 4)
    assert found.first == 0
    assert np.array_equal(found.log_probs, answers([0, 1, 0, 0, 2]))


def test_a_cut_is_in_the_longest_silence_behind_the_first_third():
    path = [0] * 8 + [1] * 12 + [0] * 3 + [1] * 6 + [0] * 5 + [1]
    assert best_cut(answers(path), [0]) == 8 + 12 + 3 + 6 + 2
    cut = list(utterances(stretches([*path, 2, 2], 10), [0], len(path), 4))
    assert [len(one.log_probs) for one in cut] == [31, len(path) + 2 - 31]


def test_without_silence_it_is_where_the_blank_is_most_probable():
    log_probs = answers([1, 2, 1, 2, 1, 2, 1, 2, 1])
    log_probs[5, 0] = np.log(0.3)
    assert best_cut(log_probs, [0]) == 5
    assert best_cut(answers([1]), [0]) == 1
    assert best_cut(answers([1, 1]), [0]) == 1


def test_a_space_is_no_sound():
    path = [1] * 9 + [0, 2, 0, 0] + [1] * 4 + [0] * 3 + [1] * 2
    assert best_cut(answers(path), [0]) == 9 + 4 + 4 + 1
    assert best_cut(answers(path), [0, 2]) == 9 + 2
