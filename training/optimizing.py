"""The optimizer, and how its rate changes over a run."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import nn

from training.config import OptimizerConfig

Curve = Literal["cosine", "one_cycle", "constant"]
LAST = 1e-3
"""What is left of the highest rate at the end of one_cycle; it starts at 1/25 (Smith and Topin 2019)."""


def adamw(model: nn.Module, config: OptimizerConfig) -> torch.optim.AdamW:
    """AdamW that lets biases and the scales of normalisations be as large as they like."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    free = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.lr, betas=config.betas)


def schedule(share: float, warmup: float, curve: Curve = "cosine") -> float:
    """The factor of the learning rate when this share of the run is done.

    cosine: up in a line, down to 0 along half a cosine. one_cycle: both ways along half a cosine, from 1/25 and to
    `LAST`. constant: up in a line.

    >>> [round(schedule(share, 0.2), 3) for share in (0.1, 0.2, 0.6, 1.0)]
    [0.5, 1.0, 0.5, 0.0]
    >>> [round(schedule(share, 0.2, "one_cycle"), 3) for share in (0.0, 0.1, 0.2, 1.0)]
    [0.04, 0.52, 1.0, 0.001]
    """
    if share < warmup:
        rise = share / warmup
        return _between(0.04, 1.0, rise) if curve == "one_cycle" else rise
    if curve == "constant":
        return 1.0
    return _between(1.0, LAST if curve == "one_cycle" else 0.0, (share - warmup) / (1 - warmup))


def _between(start: float, end: float, share: float) -> float:
    """Half a cosine from one value to another."""
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))
