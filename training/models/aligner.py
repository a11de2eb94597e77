"""Aligner: which frames of speech belong to which token of its text, learnt from nothing but pairs of both.

A hidden Markov model without transitions, as speech recognisers are started flat (Rabiner, Proceedings of the IEEE
77(2), 1989): each token, as it stands among its neighbours, has the mean features that convolutions make of it, and
frames lie around these. So a token must explain what is heard of it, as in Glow-TTS (Kim et al., NeurIPS 2020,
https://arxiv.org/abs/2005.11129, section 3.2). Probabilities of tokens alone, without that of the frames, were tried as
well (Badlani et al., ICASSP 2022, https://arxiv.org/abs/2108.10447): with few texts they agree on wrong alignments. The
prior on the diagonal is theirs (section 2.2).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from training.models.masked import within
from training.synthesis.alignment import diagonal_prior

OUTSIDE = -1e4  # the score of a token that is not there
SHARPNESS = 10.0
"""As how many bins all together count, since neighbours say the same: 80 of them by themselves would know no doubt."""


class Aligner(nn.Module):
    """Tokens (batch, tokens, channels), frames (batch, frames, bins) of unit variance, and their lengths (batch,), to
    scores (batch, frames, tokens): log likelihoods of each frame as one of each token, up to a constant.
    """

    def __init__(self, channels: int, bins: int) -> None:
        super().__init__()
        self.enter, self.leave = nn.Conv1d(channels, channels, 3, padding=1), nn.Conv1d(channels, bins, 1)

    def forward(self, tokens: Tensor, token_lengths: Tensor, frames: Tensor, frame_lengths: Tensor) -> Tensor:
        there = within(tokens.shape[1], token_lengths)
        heard = tokens.where(there[:, :, None], 0).transpose(1, 2)
        means = self.leave(relu(self.enter(heard))).transpose(1, 2).float()
        kept = frames.float().where(within(frames.shape[1], frame_lengths)[:, :, None], 0)
        squares = kept.square().sum(2)[:, :, None] + means.square().sum(2)[:, None]
        with torch.autocast(frames.device.type, enabled=False):  # a difference of large numbers
            distances = squares - 2 * kept @ means.transpose(1, 2)
        prior = diagonal_prior(frame_lengths, token_lengths, frames.shape[1], tokens.shape[1])
        scores: Tensor = prior - SHARPNESS / 2 * distances / frames.shape[2]
        return scores.where(there[:, None], OUTSIDE)
