"""Losses of a vocoder and its critic, each of which learns from what the other makes.

Siuzdak, "Vocos", ICLR 2024 (https://arxiv.org/abs/2306.00814), section 3.3: hinge losses, and the distance of features.
With D_k(x) the scores of a recording at resolution k of K, D_k(y) those of the answer, and E the mean over scores,

    critic       1/K sum_k  E max(0, 1 - D_k(x)) + E max(0, 1 + D_k(y))
    adversarial  1/K sum_k  E max(0, 1 - D_k(y))
    matching     1/(K L) sum_k sum_l  E |F_kl(x) - F_kl(y)|,  F_kl what layer l of L hands on

The first is for the weights of the critic alone, the others are for those of the vocoder alone. All are summed and
differentiated at once, with one optimizer for both: the critic sees the answer without its history, and judges for the
vocoder by copies of its weights that have no gradient. So each side has just the gradient of its own losses, by the
weights that both had before the step. What both share is the length to which gradients are clipped
(`optimizer.clip_norm`): it is that of both together, and a side whose gradient is long makes the other's short.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import functional_call

from training.models.spectral_critic import SpectralCritic, View


def judge(critic: SpectralCritic, found: Tensor, wanted: Tensor, lengths: Tensor) -> Tensor:
    """The losses of answers and recordings (batch, samples), of which the first `lengths` (batch,) count: (batch, 3).

    In a row: adversarial, matching, critic. Float32, whatever the convolutions of the critic are computed in.
    """
    fixed = {name: weight.detach() for name, weight in critic.named_parameters()}
    of_answers = functional_call(critic, fixed, (found, lengths))
    both = critic(torch.cat([wanted, found.detach()]), torch.cat([lengths, lengths]))
    losses = []
    for views, pairs in zip(of_answers, both, strict=True):
        *layers, scores = views
        true, false = (View(*(part.chunk(2)[half] for part in pairs[-1])) for half in (0, 1))
        own = _hinge(true, 1) + _hinge(false, -1)
        distances = [_distance(view, pair) for view, pair in zip(layers, pairs, strict=False)]
        losses.append(torch.stack([_hinge(scores, 1), torch.stack(distances).mean(0), own], 1))
    return torch.stack(losses).mean(0)


def _hinge(scores: View, sign: int) -> Tensor:
    """The mean of max(0, 1 - sign * score), (batch,)."""
    return _mean((1 - sign * scores.values.float()).clamp(min=0), scores.real)


def _distance(view: View, pair: View) -> Tensor:
    """The mean absolute difference to the first half of a batch, which has no gradient, (batch,)."""
    wanted = pair.values.detach().chunk(2)[0]
    return _mean((view.values.float() - wanted.float()).abs(), view.real)


def _mean(values: Tensor, real: Tensor) -> Tensor:
    """The mean of (batch, channels, frames, bins) over what is real, (batch,); 0 where nothing is."""
    counted = real.sum((1, 2, 3)).clamp(min=1) * values.shape[1] * values.shape[3]
    return (values * real).sum((1, 2, 3)) / counted
