"""Losses of alignments against sums over all alignments of small cases."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from training.losses.alignment import binarisation, forward_sum
from training.synthesis.alignment import path_of

FRAMES, TOKENS = torch.tensor([6, 7, 4, 2]), torch.tensor([3, 4, 4, 1])


def scores_of_tokens() -> torch.Tensor:
    scores = 2 * torch.randn(4, 7, 5, generator=torch.Generator().manual_seed(0)) - 3
    there = torch.arange(5) < TOKENS[:, None, None]
    return scores.where(there, -1e4).requires_grad_()


def test_the_sum_is_over_all_monotonic_alignments():
    given = scores_of_tokens()
    found = forward_sum(given, FRAMES, TOKENS)
    for row, (count, number) in enumerate(zip(FRAMES.tolist(), TOKENS.tolist(), strict=True)):
        own = given[row].detach().numpy()
        sums = []
        for cuts in combinations(range(1, count), number - 1):
            tokens = np.repeat(np.arange(number), np.diff([0, *cuts, count]))
            sums.append(own[np.arange(count), tokens].sum())
        assert found[row].item() == pytest.approx(-logsumexp(sums) / count, rel=1e-5)


def test_its_gradient_is_that_of_the_sum():
    """Against a difference of the sum, and finite."""
    given = scores_of_tokens()
    forward_sum(given, FRAMES, TOKENS).sum().backward()
    scores = given.detach().clone().requires_grad_()
    step = torch.zeros_like(scores)
    step[1, 3, 2] = 1e-3
    ends = [forward_sum(scores + sign * step, FRAMES, TOKENS)[1].item() for sign in (1, -1)]
    forward_sum(scores, FRAMES, TOKENS)[1].backward()
    assert scores.grad[1, 3, 2].item() == pytest.approx((ends[0] - ends[1]) / 2e-3, rel=2e-2, abs=1e-3)
    assert scores.grad[1].sum().item() == pytest.approx(-1, abs=1e-4)  # a frame more likely by e, for all its tokens
    assert torch.isfinite(given.grad).all()


def test_one_alignment_by_itself():
    given, durations = (
        scores_of_tokens(),
        torch.tensor([[3, 1, 2, 0, 0], [1, 2, 3, 1, 0], [1, 1, 1, 1, 0], [2, 0, 0, 0, 0]]),
    )
    found = binarisation(given, path_of(durations, 7), FRAMES)
    for row, count in enumerate(FRAMES.tolist()):
        tokens = np.repeat(np.arange(5), durations[row])
        log_probs = given[row].detach().log_softmax(1).numpy()
        assert found[row].item() == pytest.approx(-log_probs[np.arange(count), tokens].sum() / count, rel=1e-5)
