"""Negative SI-SDR, as a loss.

Le Roux, Wisdom, Erdogan, Hershey, "SDR - Half-baked or Well Done?", ICASSP 2019 (https://arxiv.org/abs/1811.02508),
equation 3, of signals without their mean, as training/metrics/enhancement.py measures it. The soft threshold is that
of Wisdom et al., "Unsupervised Sound Separation Using Mixture Invariant Training", NeurIPS 2020
(https://arxiv.org/abs/2006.12701), equation 2, which the paper sets to 30 dB.
"""

from __future__ import annotations

import torch
from torch import Tensor

POWER_FLOOR = 1e-10  # mean square, of samples in [-1, 1]: -100 dB, about the rounding of 16 bits


def negative_si_sdr(estimates: Tensor, targets: Tensor, lengths: Tensor, limit_db: float | None = None) -> Tensor:
    """-SI-SDR in dB, (batch,), of estimates and targets (batch, samples) whose first `lengths` (batch,) samples count.

    What lies beyond a length may be anything. With `limit_db` = 30 an example that is nearly 30 dB good gains
    little by being better, and the loss stays above -30.

    A floor of 1e-10 on the mean powers keeps value and gradient finite on silence. Against a silent target the loss
    grows with the power of the estimate. A silent estimate costs 0 whatever the target: better than an estimate worse
    than 0 dB, so add a spectral loss where a model might settle there. Targets quieter than about -60 dB of full
    scale feel the floor. An example of length 0 costs 0.
    """
    inside = torch.arange(targets.shape[-1], device=targets.device) < lengths[:, None]
    samples = lengths.clamp(min=1)[:, None]
    estimate, target = (_centred(signal, inside, samples) for signal in (estimates, targets))
    power = _mean(target.square(), samples) + POWER_FLOOR
    wanted = _mean(estimate * target, samples) / power * target
    wanted_power = _mean(wanted.square(), samples)
    error_power = _mean((wanted - estimate).square(), samples)
    if limit_db is not None:
        error_power = error_power + 10 ** (-limit_db / 10) * wanted_power
    ratio: Tensor = torch.log10(error_power + POWER_FLOOR) - torch.log10(wanted_power + POWER_FLOOR)
    return 10 * ratio[:, 0]


def _centred(signals: Tensor, inside: Tensor, samples: Tensor) -> Tensor:
    """Signals in float32 or better, without their mean, and zero beyond their length."""
    kept = signals.to(torch.promote_types(signals.dtype, torch.float32)).where(inside, 0)
    return (kept - _mean(kept, samples)).where(inside, 0)


def _mean(values: Tensor, samples: Tensor) -> Tensor:
    """(batch, samples) that are zero beyond their length to their mean, (batch, 1)."""
    return values.sum(-1, keepdim=True) / samples
