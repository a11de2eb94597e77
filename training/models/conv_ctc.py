"""ConvCTC: convolutions over time with squeeze-and-excitation, and a score for each symbol every few frames; for CPUs.

It follows QuartzNet (Kriman et al., ICASSP 2020, https://arxiv.org/abs/1910.10261) and Citrinet (Majumdar et al. 2021,
https://arxiv.org/abs/2104.01721), section 2: convolutions over time whose channels are the features, each with a batch
normalisation and relu; residual blocks whose kernels grow; strides in the first layers; gates over the channels
(squeeze-and-excitation, Hu et al. 2018, https://arxiv.org/abs/1709.01507) from what the whole clip holds on average;
then a wider pointwise layer, and one linear layer to the symbols and the blank of CTC. With u a convolution, a block is

    y = relu(x + gate(mean over time of norm(u(x))) norm(u(x)))

Unlike there, convolutions are full ones, of few channels, instead of depthwise ones of many: on a CPU a weight of a
full convolution costs a third of one of a depthwise and a pointwise convolution, forward and backward. With 80 bins and
200 symbols, the default has 1.6 million parameters.

Beyond the papers: the input is freed of each bin's mean over the clip, which holds microphone and room, and every bin
is brought to one scale; and a mask, so that in evaluation the frames that pad a clip to its batch change nothing (in
training they take part in the statistics of the inner normalisations).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from training.models.masked import MaskedBatchNorm, centred, in_steps, within
from training.models.model import ModelConfig, Sizes
from training.models.sizes import needs_features

Kernel = Annotated[int, Field(ge=1, le=99)]
REDUCTION = 8  # of the channels, inside a gate


class ConvCtcConfig(ModelConfig):
    """Convolutions with gates over the channels, for recognition on CPUs; in the manner of QuartzNet and Citrinet."""

    scores_clips = False

    name: Literal["conv_ctc"] = "conv_ctc"

    channels: int = Field(160, ge=REDUCTION, le=1024)
    """Channels of every block; the last pointwise layer has twice as many."""

    kernels: tuple[Kernel, ...] = Field((5, 5, 5, 5, 7, 7, 7, 7), min_length=1, max_length=64)
    """Answers that the convolution of each block spans: odd numbers. One for each block."""

    subsampling: Literal[1, 2, 4, 8] = 4
    """Frames for each answer. CTC needs at least as many answers as symbols: 8 suits long pieces of words."""

    dropout: float = Field(0.1, ge=0, lt=1)
    """The share of values that is dropped behind each layer."""

    front: int = Field(0, ge=0, le=256)
    """Channels of two convolutions over time and frequency that come first, for voices that were never heard: what is
    learnt of one pitch holds for others. 0 leaves them out."""

    @field_validator("kernels")
    @classmethod
    def _odd(cls, kernels: tuple[int, ...]) -> tuple[int, ...]:
        if any(kernel % 2 == 0 for kernel in kernels):
            raise ValueError(f"kernels are odd numbers, so that an answer lies in the middle: {[*kernels]}")
        return kernels

    def build(self, sizes: Sizes) -> nn.Module:
        needs_features(self.name, sizes)
        made = (self.channels, self.kernels, self.subsampling, self.dropout, self.front)
        return ConvCtc(sizes.width, sizes.outputs, *made)


class Layer(nn.Sequential):
    """A convolution over time, (batch, before, 1, steps) to (batch, after, 1, steps / stride), and its normalisation.

    It is 2D of height 1 with a step's channels beside each other in memory: a third faster than 1D on CPUs.
    """

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1) -> None:
        convolution = nn.Conv2d(before, after, (1, kernel), (1, stride), (0, kernel // 2), bias=False)
        super().__init__(convolution, nn.BatchNorm2d(after))


class Block(nn.Module):
    """One residual block: (batch, channels, 1, steps) to the same. `mask` is (batch, 1, 1, steps), 1 at real steps."""

    def __init__(self, channels: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.layer = Layer(channels, channels, kernel)
        narrow = channels // REDUCTION
        self.gate = nn.Sequential(nn.Linear(channels, narrow), nn.ReLU(), nn.Linear(narrow, channels), nn.Sigmoid())
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        y = self.layer(x)
        gate = self.gate((y * mask).sum((2, 3)) / mask.sum((2, 3)))
        gated: Tensor = self.dropout(torch.relu(x + y * gate[:, :, None, None])) * mask
        return gated


class Front(nn.Module):
    """Convolutions over time and frequency: (batch, frames, bins) to (batch, frames, `width`), zero where not real."""

    def __init__(self, bins: int, channels: int) -> None:
        super().__init__()
        first = nn.Conv2d(1, channels, 5, (1, 2), 2, bias=False)
        second = nn.Conv2d(channels, channels, 3, (1, 2), 1, bias=False)
        self.layers = nn.ModuleList(nn.Sequential(one, nn.BatchNorm2d(channels), nn.ReLU()) for one in (first, second))
        self.width = channels * ((bins + 3) // 4)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        y = x[:, None].contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            y = layer(y) * real[:, None, :, None].to(y.dtype)
        return y.transpose(1, 2).flatten(2)


class ConvCtc(nn.Module):
    """(batch, frames, bins) float32 and lengths (batch,) int64 to scores (batch, answers, symbols), and their lengths.

    There is an answer for `subsampling` frames, rounded up, and two at least; the one at t is centred on frame
    t * subsampling. Scores are before a softmax. Frames beyond a length may hold anything, and answers beyond a length
    mean nothing.
    """

    def __init__(
        self,
        bins: int,
        symbols: int,
        channels: int = 160,
        kernels: tuple[int, ...] = (5, 5, 5, 5, 7, 7, 7, 7),
        subsampling: int = 4,
        dropout: float = 0.1,
        front: int = 0,
    ) -> None:
        super().__init__()
        self.subsampling = subsampling
        self.input_norm = MaskedBatchNorm(bins)
        self.front = Front(bins, front) if front else None
        halvings = subsampling.bit_length() - 1
        self.strides = [2] * halvings or [1]
        widths = [self.front.width if self.front else bins, *[channels] * len(self.strides)]
        self.enter = nn.ModuleList(
            Layer(before, after, 5, stride)
            for (before, after), stride in zip(pairwise(widths), self.strides, strict=True)
        )
        self.blocks = nn.ModuleList(Block(channels, kernel, dropout) for kernel in kernels)
        self.leave = nn.Sequential(Layer(channels, 2 * channels, 1), nn.ReLU(), nn.Dropout(dropout))
        self.classify = nn.Linear(2 * channels, symbols)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        x = in_steps(x, self.subsampling)
        real = within(x.shape[1], lengths)
        normed = self.input_norm(centred(x, real), real)
        heard = normed if self.front is None else self.front(normed, real)
        y = heard.transpose(1, 2)[:, :, None].contiguous(memory_format=torch.channels_last)
        steps = lengths.clamp(min=1)
        for layer, stride in zip(self.enter, self.strides, strict=True):
            steps = (steps + stride - 1) // stride
            y = torch.relu(layer(y))
            mask = within(y.shape[3], steps)[:, None, None].to(y.dtype)
            y = y * mask
        for block in self.blocks:
            y = block(y, mask)
        scores: Tensor = self.classify(self.leave(y).squeeze(2).transpose(1, 2))
        return scores, steps
