"""Mixup: a share of another example is mixed into each one, and the loss asks for both answers in these shares.

Zhang et al. 2018, "mixup: Beyond empirical risk minimization" (https://arxiv.org/abs/1710.09412), section 2: the share
comes from a Beta distribution. Shares and pairs depend on seed, epoch and keys alone, so that a batch is mixed the same
way on any rank and after a stop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from features.seeds import generator
from training.at_load import epoch_seed
from training.collate import Batch
from training.section import Section


class MixupConfig(Section):
    """Examples are mixed in pairs while training."""

    alpha: float = Field(0.2, gt=0)
    """Both parameters of the Beta distribution: near 0 hardly anything is mixed, at 1 every share is as likely."""


@dataclass(frozen=True)
class Mixed:
    """A batch whose arrays are mixed; `other` says, in place of each example, what was mixed into it, and `share`
    (batch,) how much of the loss is that of the example itself.
    """

    batch: Batch
    other: Batch
    share: Tensor


def mix(batch: Batch, array: str, alpha: float, seed: int, epoch: int) -> Mixed:
    """Mixes the `array` of each example, (batch, longest, width), with that of another one of the batch.

    The others come as in a circle, in an order that is drawn. Lengths stay: what is mixed in ends with the example,
    and where it is shorter, what lies behind its end stays as it is.
    """
    names = zip(batch.keys, batch.copies, batch.parts, strict=True)
    drawn = [_draw(*found, alpha, epoch_seed(seed, epoch)) for found in names]
    order = sorted(range(len(drawn)), key=lambda number: drawn[number][0])
    partner = dict(zip(order, [*order[1:], *order[:1]], strict=True))
    others = [partner[number] for number in range(len(order))]
    values, lengths = batch.arrays[array], batch.lengths[array]
    share = torch.tensor([share for _, share in drawn], dtype=values.dtype, device=values.device)
    place = torch.arange(values.shape[1], device=values.device)
    both = place < torch.minimum(lengths, lengths[others])[:, None]
    mixed = torch.lerp(values[others], values, share[:, None, None])
    arrays = {**batch.arrays, array: torch.where(both[:, :, None], mixed, values)}
    return Mixed(replace(batch, arrays=arrays), _reordered(batch, others), share)


def _draw(key: str, copy: int, part: int, alpha: float, seed: int) -> tuple[float, float]:
    """Where an example stands in the circle, and its own share of it."""
    rng = generator(seed, "mixup", 0, key, copy, part)
    return float(rng.random()), float(np.float32(rng.beta(alpha, alpha)))


def _reordered(batch: Batch, order: list[int]) -> Batch:
    """What is known of the examples of a batch, in another order."""
    lists = ("keys", "copies", "parts", "speakers", "texts", "labels", "notes")
    known = {name: values for name in lists if (values := getattr(batch, name))}
    moved: dict[str, Any] = {name: [values[number] for number in order] for name, values in known.items()}
    return replace(batch, **moved)
