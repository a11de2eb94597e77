"""M5: a small convolutional network that hears the raw waveform.

Dai, Dai, Qu, Li, Das, "Very Deep Convolutional Neural Networks for Raw Waveforms", ICASSP 2017
(https://arxiv.org/abs/1610.00087), Table 1. Four layers, each a convolution, a batch normalisation, relu, and a
maximum over 4 steps; then the mean over time, and a linear layer. The first convolution has filters of 80 samples
at 8 kHz, 10 ms, every 4th sample; the others have 3 steps. Channels are 128, 128, 256, 512: 0.56 million parameters.

Beyond the paper: filters and steps of the first convolution keep their duration at other rates; each clip is
brought to a mean of 0 and a deviation of 1, so that its level says nothing; and a mask, so that in evaluation the
samples that pad a clip to its batch change nothing (in training they take part in the statistics of the
normalisations). A layer's steps are those whose first sample lies in the clip, so that no clip is too short.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, pad

from training.models.masked import centred, within
from training.models.model import ModelConfig, Sizes
from training.models.sizes import needs_waveform

POOL = 4
WIDER = (1, 1, 2, 4)  # channels of each layer, in those of the first
QUIETEST = 1e-4  # -80 dB of full scale: what is quieter is not brought up to a deviation of 1


class M5Config(ModelConfig):
    """M5, a small network that hears the waveform itself; the array is kept audio, mono."""

    name: Literal["m5"] = "m5"

    channels: int = Field(128, ge=8, le=512)
    """Channels of the first layer: 128 in the paper; 32 costs a tenth."""

    filter_seconds: float = Field(0.01, ge=0.001, le=0.1)
    """Length of the first filters."""

    stride_seconds: float = Field(0.0005, ge=0.0001, le=0.01)
    """From one position of the first filters to the next: 4 samples at 8 kHz. Time to compute goes by its inverse."""

    def build(self, sizes: Sizes) -> nn.Module:
        needs_waveform(self.name, sizes)
        kernel, stride = (max(round(seconds * sizes.rate), 1) for seconds in (self.filter_seconds, self.stride_seconds))
        return M5(sizes.outputs, kernel, stride, self.channels)


class M5(nn.Module):
    """Waveforms (batch, samples, 1) float32 and lengths (batch,) int64 to class scores (batch, classes).

    `kernel` and `stride` are those of the first convolution, in samples. Samples beyond a length may hold anything.
    """

    def __init__(self, classes: int, kernel: int = 80, stride: int = 4, channels: int = 128) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        widths = [channels * wider for wider in WIDER]
        self.first = nn.Conv2d(1, channels, (1, kernel), (1, stride), bias=False)
        self.others = nn.ModuleList(nn.Conv2d(before, after, (1, 3), bias=False) for before, after in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths)
        self.classify = nn.Linear(widths[-1], classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        # 2D of height 1, with a step's channels beside each other in memory: a fifth faster than 1D on CPUs.
        y = standardised(x, within(x.shape[1], lengths)).transpose(1, 2)[:, :, None]
        y = self.first(around(y, self.kernel, self.stride)).contiguous(memory_format=torch.channels_last)
        steps = -(-lengths // self.stride)
        for number, norm in enumerate(self.norms):
            y = norm(self.others[number - 1](around(y, 3)) if number else y)
            # Zero beyond the clip, which cannot win against what relu leaves; relu comes last, as it has least to do.
            y = torch.relu(max_pool2d(y * mask(y, steps), (1, POOL)))
            steps = -(-steps // POOL)
        real = mask(y, steps)
        scores: Tensor = self.classify((y * real).sum((2, 3)) / real.sum((2, 3)))
        return scores


def around(y: Tensor, kernel: int, stride: int = 1) -> Tensor:
    """y (..., steps) with zeros on both sides: a convolution makes of it steps / stride, rounded up to whole pools.

    There are two pools at least, since an exporter takes an axis of one for one that never changes.
    """
    block, steps = stride * POOL, y.shape[-1]
    blocks = torch.sym_max((steps + block - 1) // block, 2)  # type: ignore[no-untyped-call]
    left = (kernel - 1) // 2
    return pad(y, (left, kernel - 1 - left + blocks * block - steps))


def mask(y: Tensor, steps: Tensor) -> Tensor:
    """(batch, 1, 1, steps): 1 at the real steps of y (batch, channels, 1, steps)."""
    return within(y.shape[3], steps)[:, None, None].to(y.dtype)


def standardised(x: Tensor, real: Tensor) -> Tensor:
    """(batch, samples, channels) with a mean of 0 and a deviation of 1 over the clip; zero where not `real`."""
    level = centred(x, real)
    power = level.square().sum(1, keepdim=True) / real.sum(1)[:, None, None]
    return level * torch.rsqrt(power.clamp(min=QUIETEST**2))
