"""Alignments: the search against all of them, the prior against scipy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.stats import betabinom

from training.synthesis.alignment import diagonal_prior, durations_of, path_of


def all_durations(frames: int, tokens: int):
    for cuts in combinations(range(1, frames), tokens - 1):
        yield np.diff([0, *cuts, frames])


def score(scores: np.ndarray, durations: np.ndarray) -> float:
    return scores[np.arange(len(scores)), np.repeat(np.arange(len(durations)), durations)].sum()


@pytest.mark.parametrize("seed", range(5))
def test_the_search_finds_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    frames, tokens = np.array([7, 8, 5, 1]), np.array([3, 4, 5, 1])
    scores = rng.normal(size=(4, 8, 5))
    found = durations_of(scores, frames, tokens)
    for row, (count, number) in enumerate(zip(frames, tokens, strict=True)):
        own = scores[row, :count, :number]
        best = max(all_durations(count, number), key=lambda durations: score(own, durations))
        assert found[row, :number].tolist() == best.tolist()
        assert not found[row, number:].any()


def test_a_known_alignment_is_found():
    durations = np.array([[4, 1, 9, 2]])
    path = path_of(torch.from_numpy(durations), 16).numpy()
    noise = 0.1 * np.random.default_rng(0).normal(size=path.shape)
    assert durations_of(path + noise, np.array([16]), np.array([4])).tolist() == durations.tolist()


def test_paths_are_durations_written_out():
    durations = torch.tensor([[2, 0, 3], [1, 1, 0]])
    path = path_of(durations, 6)
    assert path.sum(1).long().tolist() == durations.tolist()
    assert path[0].argmax(1)[:5].tolist() == [0, 0, 2, 2, 2]
    assert not path[0, 5:].any()


def test_the_prior_is_the_beta_binomial_distribution():
    frames, tokens = torch.tensor([30, 12]), torch.tensor([9, 1])
    found = diagonal_prior(frames, tokens, 33, 10).numpy()
    for row, (count, number) in enumerate(zip([30, 12], [9, 1], strict=True)):
        t = np.arange(1, count + 1)[:, None]
        wanted = betabinom(number - 1, t, count + 1 - t).logpmf(np.arange(number))
        np.testing.assert_allclose(found[row, :count, :number], wanted, atol=1e-4)
        assert not found[row, count:].any()
        assert not found[row, :, number:].any()
