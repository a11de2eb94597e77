"""Losses of an alignment of frames with tokens that is learnt by itself: of all monotonic ones, and of the best one.

Both are of Badlani, Lancucki, Shih, Valle, Ping, Catanzaro, "One TTS Alignment To Rule Them All", ICASSP 2022
(https://arxiv.org/abs/2108.10447), sections 2.1 and 2.3. The sum over all monotonic alignments is one that CTC takes as
well, where every token is a class of its own and nothing is ever blank. CTC wants probabilities that sum to one; of
scores s, those of frame t are exp(s[t]) / Z[t], and the sum over alignments is that of probabilities times all Z.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import ctc_loss

from training.models.masked import within

NEVER = -1e4  # the log probability of a blank


def forward_sum(scores: Tensor, frames: Tensor, tokens: Tensor) -> Tensor:
    """-log of the sum over all monotonic alignments of exp(the sum of their scores), a frame: (batch,).

    `scores` (batch, frames, tokens) are those of each frame as each token, of which the first `frames` and `tokens`
    (batch,) count; those of other tokens are very low. An alignment begins with the first token, ends with the last,
    leaves none out, and never goes back; there are at least as many frames as tokens. CTC is computed on the CPU,
    wherever the scores are: torch has no deterministic gradient of it on GPUs.
    """
    total = scores.float().logsumexp(2)
    log_probs = (scores.float() - total[:, :, None]).cpu()
    blank = log_probs.new_full((*log_probs.shape[:2], 1), NEVER)
    classes = torch.arange(1, log_probs.shape[2] + 1).expand(len(scores), -1)
    ends = frames.cpu(), tokens.cpu()
    loss = ctc_loss(torch.cat([blank, log_probs], 2).transpose(0, 1), classes, *ends, blank=0, reduction="none")
    return (loss.to(scores.device) - total.where(within(scores.shape[1], frames), 0).sum(1)) / frames


def binarisation(scores: Tensor, path: Tensor, frames: Tensor) -> Tensor:
    """-log probability of the tokens of one alignment, in nats a frame, (batch,): small where each frame is certain.

    `path` (batch, frames, tokens) is 1 where a frame belongs to a token, and zero beyond `frames` (batch,). Equation 4.
    """
    return -(scores.float().log_softmax(2) * path).sum((1, 2)) / frames
