"""Which frames belong to which token: the best monotonic alignment, and which ones are likely before anything is heard.

- `durations_of` is monotonic alignment search: Kim, Kim, Kong, Yoon, "Glow-TTS", NeurIPS 2020
  (https://arxiv.org/abs/2005.11129), section 3.2 and algorithm 1.
- `diagonal_prior` is the beta-binomial distribution that Badlani et al. (ICASSP 2022,
  https://arxiv.org/abs/2108.10447, section 2.2) multiply alignments with: near the diagonal is likely.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def durations_of(
    scores: NDArray[np.floating], frames: NDArray[np.integer], tokens: NDArray[np.integer]
) -> NDArray[np.int64]:
    """The frames of each token, (batch, tokens), where the sum of the scores (batch, frames, tokens) is the highest.

    Of each example the first `frames` (batch,) and `tokens` (batch,) count, and there are at least as many frames as
    tokens. Every token has a frame, and of two alignments that are equally good the later token begins later.

    >>> scores = np.log([[[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]])
    >>> durations_of(scores, np.array([3]), np.array([2])).tolist()
    [[2, 1]]
    """
    batch, longest, width = scores.shape
    rows, least = np.arange(batch), np.full((batch, 1), -np.inf, scores.dtype)
    best = np.concatenate([scores[:, 0, :1], np.repeat(least, width - 1, axis=1)], axis=1)
    advanced = np.zeros(scores.shape, np.bool_)
    for frame in range(1, longest):
        before = np.concatenate([least, best[:, :-1]], axis=1)
        advanced[:, frame] = before > best
        best = np.maximum(before, best) + scores[:, frame]
    durations = np.zeros((batch, width), np.int64)
    token = np.asarray(tokens, np.int64) - 1
    for frame in range(longest - 1, -1, -1):
        inside = frame < np.asarray(frames)
        durations[rows, token] += inside
        token = token - (advanced[rows, frame, token] & inside)
    return durations


def path_of(durations: Tensor, longest: int) -> Tensor:
    """Durations (batch, tokens) as a matrix (batch, longest, tokens), 1 where a frame belongs to a token.

    >>> path_of(torch.tensor([[2, 1]]), 4).tolist()
    [[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]
    """
    ends = durations.cumsum(1)[:, None]
    frame = torch.arange(longest, device=durations.device)[None, :, None]
    return ((frame < ends) & (frame >= ends - durations[:, None])).float()


def diagonal_prior(frames: Tensor, tokens: Tensor, longest: int, width: int) -> Tensor:
    """Log probabilities of the tokens in each frame, (batch, longest, width) float32, for lengths (batch,) of both.

    In frame t of F, counted from 1, token k of n + 1, counted from 0, has the probability of k in a beta-binomial
    distribution with n trials, alpha = t and beta = F + 1 - t. Zero beyond the lengths.
    """
    logs = torch.lgamma(torch.arange(1, longest + width + 2, dtype=torch.float64))  # of 0!, 1!, 2!, ..
    last, number = (tokens.cpu() - 1)[:, None, None], frames.cpu()[:, None, None]
    t, k = torch.arange(1, longest + 1)[None, :, None], torch.arange(width)[None, None]
    inside = (t <= number) & (k <= last)

    def log_factorial(of: Tensor) -> Tensor:
        return logs[of.clamp(min=0)]

    choose = log_factorial(last) - log_factorial(k) - log_factorial(last - k)
    drawn = log_factorial(k + t - 1) + log_factorial(last - k + number - t) - log_factorial(last + number)
    scale = log_factorial(t - 1) + log_factorial(number - t) - log_factorial(number)
    return (choose + drawn - scale).where(inside, 0).float().to(frames.device)
