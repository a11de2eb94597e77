"""A linear layer on statistics of the parts of a clip: the classical baseline, behind MFCC or log-mel.

A clip is cut into equal parts. Of each part, the mean and the deviation of every bin are taken (a Gaussian with a
diagonal covariance for each part, which is also how speakers were compared first: Gish and Schmidt, "Text-independent
speaker identification", IEEE Signal Processing Magazine 11(4), 1994); each of these numbers is standardised by a
batch normalisation without parameters, so that no statistics are fitted ahead, and one linear layer, multinomial
logistic regression, makes the scores. Weight decay is its ridge.

Parts end between frames where they must: a frame counts in each part by the share of it that lies there, so that
parts are equally long, and a clip may have fewer frames than parts.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from training.models.masked import MaskedBatchNorm, within
from training.models.model import ModelConfig, Sizes
from training.models.sizes import needs_features

VARIANCE_FLOOR = 1e-8


class StatisticsLinearConfig(ModelConfig):
    """A linear layer on the means and deviations of the parts of a clip, the classical baseline."""

    name: Literal["linear"] = "linear"

    segments: int = Field(12, ge=1, le=100)
    """Equal parts that a clip is cut into; 1 leaves out all order in time."""

    def build(self, sizes: Sizes) -> nn.Module:
        needs_features(self.name, sizes)
        return StatisticsLinear(sizes.width, sizes.outputs, self.segments)


class StatisticsLinear(nn.Module):
    """(batch, frames, bins) float32 and lengths (batch,) int64 to class scores (batch, classes).

    Frames beyond a length may hold anything.
    """

    def __init__(self, bins: int, classes: int, segments: int = 12) -> None:
        super().__init__()
        self.segments = segments
        self.norm = MaskedBatchNorm(2 * segments * bins)
        self.classify = nn.Linear(2 * segments * bins, classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        every = torch.ones_like(lengths, dtype=torch.bool)
        scores: Tensor = self.classify(self.norm(self.describe(x, lengths), every))
        return scores

    def describe(self, x: Tensor, lengths: Tensor) -> Tensor:
        """The means, part after part and bin after bin, then so the deviations: (batch, 2 segments bins)."""
        real = within(x.shape[1], lengths)
        known = x.where(real[:, :, None], 0).double()  # so that a difference of squares keeps its digits
        shares = parts(x.shape[1], lengths.clamp(min=1), self.segments)
        means = shares @ known
        variances = shares @ known.square() - means.square()
        deviations = variances.clamp(min=VARIANCE_FLOOR).sqrt()
        return torch.cat([means.flatten(1), deviations.flatten(1)], 1).to(x.dtype)


def parts(frames: int, lengths: Tensor, segments: int) -> Tensor:
    """The weight of each frame in each equal part of its clip, float64 (batch, segments, frames); each row's sum is 1.

    >>> parts(4, torch.tensor([3]), 2).tolist()
    [[[0.6666666666666666, 0.3333333333333333, 0.0, 0.0], [0.0, 0.3333333333333333, 0.6666666666666666, 0.0]]]
    """
    long = lengths.double()[:, None, None] / segments
    start = torch.arange(segments, device=lengths.device)[:, None] * long
    frame = torch.arange(frames, device=lengths.device)
    overlap = torch.minimum(frame + 1, start + long) - torch.maximum(frame, start)
    return overlap.clamp(min=0) / long
