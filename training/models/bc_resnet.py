"""BC-ResNet: a small residual network whose time convolutions are broadcast over frequency.

Kim, Chang, Lee, Sung, "Broadcasted Residual Learning for Efficient Keyword Spotting", Interspeech 2021
(https://arxiv.org/abs/2106.04140), Table 1. With x (channels, frequency, time), a block is

    y = relu(x + f2(x) + broadcast(f1(mean over frequency of f2(x))))

f2 is a depthwise 3x1 convolution over frequency and a sub-spectral normalisation (Chang et al., ICASSP
2021, https://arxiv.org/abs/2103.13620); f1 a dilated depthwise 1x3 convolution over time, a batch
normalisation, swish, a pointwise convolution and channel dropout. A transition block, the first of each
stage, changes the number of channels with a pointwise convolution first, and has no shortcut around f2.

With 40 bins and 12 classes, tau = 1, 2, 3, 6 and 8 have 9.2, 27.3, 54.2, 188 and 321 thousand parameters,
as in the paper's Table 2. The scores at one frame depend on 117 frames of input.

Beyond the paper: any number of bins that 8 divides (the last depthwise convolution spans all that remain,
5 of the paper's 40); a stride over time; and a mask, so that in evaluation the frames that pad a clip to
its batch change nothing (in training they take part in the statistics of the inner normalisations). The
input loses its mean over the clip, and a batch normalisation of its bins follows, so that no statistics are
fitted ahead. Taken in each bin (Atal, JASA 55, 1974), the mean holds level, microphone and room, and without
it unheard voices are understood far better; but sounds that stay the same need it to be told apart, so there
it is taken over all bins, and holds the level.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from training.errors import DataError
from training.models.masked import MaskedBatchNorm, centred, within
from training.models.model import ModelConfig, Sizes

# Blocks, channels at tau = 1, stride over frequency, dilation over time: the rows of Table 1.
STAGES = ((2, 8, 1, 1), (2, 12, 2, 2), (4, 16, 2, 4), (4, 20, 1, 8))
REDUCTION = 8  # of the bins: the first convolution and two of the stages halve them


class BcResNetConfig(ModelConfig):
    """BC-ResNet, a small residual network for keywords."""

    name: Literal["bc_resnet"] = "bc_resnet"

    tau: float = Field(1.0, ge=0.5, le=16)
    """The factor of the number of channels; 1 gives 9 thousand parameters, 8 gives 321 thousand."""

    dropout: float = Field(0.1, ge=0, lt=1)
    """The share of channels that is dropped in each block."""

    time_stride: int = Field(1, ge=1, le=4)
    """Frames that the first convolution steps over at once: 1 in the paper; 2 halves the work."""

    centre: Literal["level", "bins"] = "level"
    """What each clip is freed of: its mean over all bins, or (for speech) its mean in each bin."""

    def build(self, sizes: Sizes) -> nn.Module:
        return BcResNet(sizes.width, sizes.outputs, self.tau, self.dropout, self.time_stride, self.centre)


class SubSpectralNorm(nn.Module):
    """Batch normalisation in each sub-band of the frequencies by itself; keeps (batch, channels, bins, frames).

    There are 5 sub-bands as in the paper, or the largest number below 5 that divides the bins.
    """

    def __init__(self, channels: int, bins: int) -> None:
        super().__init__()
        self.bands = next(bands for bands in (5, 4, 3, 2, 1) if bins % bands == 0)
        self.norm = nn.BatchNorm2d(channels * self.bands)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, bins, frames = x.shape
        banded = x.reshape(batch, channels * self.bands, bins // self.bands, frames)
        normed: Tensor = self.norm(banded)
        return normed.reshape(x.shape)


class BroadcastedBlock(nn.Module):
    """One block: (batch, before, bins, frames) to (batch, after, bins / stride, frames).

    `bins` is their number before. It is a transition block where `transition` says so.
    """

    def __init__(
        self, before: int, after: int, bins: int, stride: int, dilation: int, dropout: float, transition: bool
    ) -> None:
        super().__init__()
        self.enter = (
            nn.Sequential(nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
            if transition
            else None
        )
        self.over_frequency = nn.Sequential(
            nn.Conv2d(after, after, (3, 1), (stride, 1), (1, 0), groups=after, bias=False),
            SubSpectralNorm(after, bins // stride),
        )
        self.over_time = nn.Sequential(
            nn.Conv2d(after, after, (1, 3), 1, (0, dilation), (1, dilation), groups=after, bias=False),
            nn.BatchNorm2d(after),
            nn.SiLU(),
            nn.Conv2d(after, after, 1, bias=False),
            nn.Dropout2d(dropout),
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        entered = x if self.enter is None else self.enter(x)
        by_frequency = self.over_frequency(entered)
        by_time = self.over_time(by_frequency.mean(2, keepdim=True) * mask)
        residual = by_frequency + by_time
        return torch.relu(residual if self.enter is not None else entered + residual)


class BcResNet(nn.Module):
    """(batch, frames, bins) float32 and lengths (batch,) int64 to class scores (batch, classes).

    `tau` scales the channels; `time_stride` frames are stepped over at once by the first convolution, 1 in the
    paper; `centre` says of which mean the input is freed. Frames beyond a length may hold anything.
    DataError where 8 does not divide the bins.
    """

    def __init__(
        self,
        bins: int,
        classes: int,
        tau: float = 1.0,
        dropout: float = 0.1,
        time_stride: int = 1,
        centre: Literal["level", "bins"] = "level",
    ) -> None:
        super().__init__()
        if bins % REDUCTION:
            raise DataError(f"bc_resnet needs features with a number of bins that {REDUCTION} divides, got {bins}")
        self.time_stride, self.centre = time_stride, centre
        self.input_norm = MaskedBatchNorm(bins)
        channels, bins = round(16 * tau), bins // 2
        self.head = nn.Sequential(
            nn.Conv2d(1, channels, 5, (2, time_stride), 2, bias=False), nn.BatchNorm2d(channels), nn.ReLU()
        )
        blocks = []
        for number, width, stride, dilation in STAGES:
            after = round(width * tau)
            for position in range(number):
                step = stride if position == 0 else 1
                blocks.append(BroadcastedBlock(channels, after, bins, step, dilation, dropout, position == 0))
                channels, bins = after, bins // step
        self.blocks = nn.ModuleList(blocks)
        self.gather = nn.Conv2d(channels, channels, (bins, 5), padding=(0, 2), groups=channels, bias=False)
        last = round(32 * tau)
        self.expand = nn.Sequential(nn.Conv2d(channels, last, 1, bias=False), nn.BatchNorm2d(last), nn.ReLU())
        self.classify = nn.Linear(last, classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        mask = within(x.shape[1], lengths)
        steps = mask[:, None, :: self.time_stride]
        pooled = (self.embed(self.normalise(x, mask), mask) * steps).sum(2) / steps.sum(2)
        scores: Tensor = self.classify(pooled)
        return scores

    def normalise(self, x: Tensor, mask: Tensor) -> Tensor:
        """The input without its mean over the clip, every bin on one scale; zero beyond the clip."""
        if self.centre == "bins":
            x = centred(x, mask)
        else:
            real = mask[:, :, None]
            x = x - (x.where(real, 0).sum(1, keepdim=True) / real.sum(1, keepdim=True)).mean(2, keepdim=True)
        normed: Tensor = self.input_norm(x, mask)
        return normed

    def embed(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, frames, bins), normalised, to (batch, 32 tau, frames / time_stride), before time is averaged."""
        steps = mask[:, None, None, :: self.time_stride].to(x.dtype)
        y: Tensor = self.head(x.transpose(1, 2)[:, None])
        for block in self.blocks:
            y = block(y, steps)
        gathered: Tensor = self.expand(self.gather(y * steps))
        return gathered.squeeze(2)
