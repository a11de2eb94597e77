"""What models do with clips of unequal lengths in a batch: which frames are real, and statistics of those alone.

Nothing here selects by a mask, so that shapes never depend on data and a model can be exported.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

MOMENTUM, EPSILON = 0.1, 1e-5  # those of torch's batch normalisations


def within(frames: int, lengths: Tensor) -> Tensor:
    """Which of so many frames are real: bool (batch, frames), from lengths (batch,). A clip has one frame at least."""
    return torch.arange(frames, device=lengths.device) < lengths.clamp(min=1)[:, None]


def centred(x: Tensor, real: Tensor) -> Tensor:
    """(batch, frames, bins) without each bin's mean over the clip; zero where not `real` (batch, frames)."""
    kept = real[:, :, None]
    mean = x.where(kept, 0).sum(1, keepdim=True) / kept.sum(1, keepdim=True)
    return (x - mean).where(kept, 0)


def in_steps(x: Tensor, stride: int) -> Tensor:
    """(batch, time, width) with zeros behind it, so that time is a multiple of the stride, and two of it at least.

    An exporter takes an axis of one for one that never changes.
    """
    steps = torch.sym_max((x.shape[1] + stride - 1) // stride, 2)  # type: ignore[no-untyped-call]
    return pad(x, (0, 0, 0, steps * stride - x.shape[1]))


class MaskedBatchNorm(nn.Module):
    """Batch normalisation (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167) of the rows that are real.

    (..., features) and `real` (...) bool to the same shape; the other rows may hold anything, and come out as zero.
    With all rows real it is nn.BatchNorm1d, except that a batch with one row, which has no variance, is normalised
    by the running statistics instead of being refused.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, features: int, affine: bool = False) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features))
        self.weight = nn.Parameter(torch.ones(features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(features)) if affine else None

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        kept = real[..., None]
        x = x.where(kept, 0)  # what is no number there would come back through the gradients
        mean, var = self._statistics(x, kept) if self.training else (self.running_mean, self.running_var)
        normed = (x - mean) * torch.rsqrt(var + EPSILON)
        if self.weight is not None and self.bias is not None:
            normed = normed * self.weight + self.bias
        return normed.where(kept, 0)

    def _statistics(self, x: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of this batch, which the running ones follow."""
        rows, count = tuple(range(x.ndim - 1)), kept.sum()
        mean = x.sum(rows) / count.clamp(min=1)
        var = (x - mean).where(kept, 0).square().sum(rows) / count.clamp(min=1)
        enough = count > 1
        used = torch.where(enough, mean, self.running_mean), torch.where(enough, var, self.running_var)
        with torch.no_grad():
            rate = MOMENTUM * enough
            self.running_mean += rate * (mean - self.running_mean)
            self.running_var += rate * (var * count / (count - 1).clamp(min=1) - self.running_var)
        return used
