"""Alignment: against every path of small cases, and the shape of what it says of larger ones."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest

from training.decoding.alignment import Aligned, align_tokens, best_path


def collapsed(path, blank):
    return [token for token, _ in groupby(path) if token != blank]


def random(frames, classes, seed):
    scores = np.random.default_rng(seed).normal(0, 2, (frames, classes))
    return scores - np.log(np.exp(scores).sum(1, keepdims=True))


@pytest.mark.parametrize("seed", range(40))
def test_the_path_is_the_best_of_all_that_spell_the_tokens(seed):
    rng = np.random.default_rng(seed)
    frames, classes, blank = int(rng.integers(1, 7)), 3, int(rng.integers(0, 3))
    log_probs = random(frames, classes, seed)
    others = [token for token in range(classes) if token != blank]
    tokens = rng.choice(others, int(rng.integers(0, 4))).tolist()
    scores = {
        path: sum(log_probs[at, token] for at, token in enumerate(path))
        for path in product(range(classes), repeat=frames)
        if collapsed(path, blank) == tokens
    }
    if not scores:
        with pytest.raises(ValueError, match=f"no path of {frames} answers spells these {len(tokens)} tokens"):
            best_path(log_probs, tokens, blank)
        return
    states = best_path(log_probs, tokens, blank)
    path = tuple(tokens[state // 2] if state % 2 else blank for state in states.tolist())
    assert scores[path] == pytest.approx(max(scores.values()))
    for place, found in enumerate(align_tokens(log_probs, tokens, blank)):
        answers = np.flatnonzero(states == 2 * place + 1)
        assert found[:3] == (tokens[place], answers[0], answers[-1] + 1)
        assert found.confidence == pytest.approx(np.exp(log_probs[answers, tokens[place]]).max())


def test_equal_neighbours_have_a_blank_between_them():
    log_probs = np.log([[0.1, 0.9], [0.4, 0.6], [0.1, 0.9]])
    assert [found[:3] for found in align_tokens(log_probs, [1, 1])] == [(1, 0, 1), (1, 2, 3)]
    assert align_tokens(log_probs, [1]) == [Aligned(1, 0, 3, pytest.approx(0.9))]


def test_no_tokens_are_nowhere():
    assert align_tokens(random(5, 3, 0), []) == []
    assert best_path(random(5, 3, 0), []).tolist() == [0] * 5


def test_what_cannot_be_is_an_error():
    impossible = np.log([[0.5, 0.5], [1.0, 1e-300]])
    impossible[:, 1] = -np.inf
    with pytest.raises(ValueError, match="no path of 2 answers"):
        align_tokens(impossible, [1])
    with pytest.raises(ValueError, match="no path of 0 answers"):
        best_path(np.zeros((0, 3)), [])


def test_a_long_text_keeps_its_order():
    tokens = np.random.default_rng(0).integers(1, 4, 400)
    path = np.zeros(801, np.intp)
    path[1::2] = tokens
    found = align_tokens(np.log(np.where(np.eye(4)[path] > 0, 0.97, 0.01)), tokens.tolist())
    assert [one[:3] for one in found] == [(token, 2 * at + 1, 2 * at + 2) for at, token in enumerate(tokens.tolist())]
