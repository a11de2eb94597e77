"""ConvNet: a plain convolutional network over features, for words, scenes and tags, and for events frame by frame.

It follows Kong, Cao, Iqbal, Wang, Wang, Plumbley, "PANNs: Large-Scale Pretrained Audio Neural Networks for Audio
Pattern Recognition", IEEE/ACM TASLP 28, 2020 (https://arxiv.org/abs/1912.10211), section III-A: layers of a
convolution, a batch normalisation and relu, each over fewer frames and bins, and with more channels, than the one
before; then, of each channel over time, its mean and its maximum: what goes on all the while, and what is heard once.

Unlike there, a convolution steps over frames and bins itself, without a pooling behind it, which takes half the time
on CPUs; the bins that remain are gathered by one more layer, whose convolution spans them all, instead of by their
mean, since words differ by where their formants lie; mean and maximum stand side by side, and are not added; and one
linear layer gives the scores. The first convolution is 5x5, as all are in the paper's Cnn6, the others are 3x3. With 40
bins and ten classes, the default has 293 thousand parameters.

Beyond the paper: the input is freed of its mean (see bc_resnet.py, which has the reasons), every bin is brought to one
scale, and with a mask the frames that pad a clip to its batch change nothing in evaluation (in training they take part
in the statistics of the inner normalisations).
"""

from __future__ import annotations

import math
from functools import reduce
from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import pad

from training.errors import DataError
from training.models.masked import MaskedBatchNorm, centred, within
from training.models.model import ModelConfig, Sizes
from training.models.sizes import needs_features

Width = Annotated[int, Field(ge=1, le=4096)]
Stride = Annotated[int, Field(ge=1, le=4)]
Centre = Literal["level", "bins", "none"]


class ConvNetConfig(ModelConfig):
    """A plain convolutional network, small and quick on CPUs, in the manner of PANNs."""

    name: Literal["conv_net"] = "conv_net"

    channels: tuple[Width, ...] = Field((32, 64, 128, 128), min_length=1, max_length=16)
    """Channels of each layer. PANNs double them, from 64 to 2048; so many need hours of audio."""

    strides: tuple[tuple[Stride, Stride], ...] = ((2, 2), (1, 2), (2, 2), (1, 2))
    """Frames and bins that each layer steps over: a pair for each. All of the frames' multiplied are those between
    two frames that are scored; all of the bins' are at most the number of bins."""

    dropout: float = Field(0.1, ge=0, lt=1)
    """The share of channels that is dropped behind each layer but the first."""

    head_dropout: float = Field(0.2, ge=0, lt=1)
    """The share of what the last, linear layer hears that is dropped."""

    centre: Centre = "level"
    """What each clip is freed of: its mean over all bins (level), or (for speech) its mean in each bin, or nothing."""

    @model_validator(mode="after")
    def _a_stride_for_each(self) -> ConvNetConfig:
        if len(self.strides) != len(self.channels):
            raise ValueError(f"strides has {len(self.strides)} pairs, and channels {len(self.channels)} layers")
        return self

    def build(self, sizes: Sizes) -> nn.Module:
        needs_features(self.name, sizes)
        return ConvNet(
            sizes.width, sizes.outputs, self.channels, self.strides, self.dropout, self.head_dropout, self.centre
        )


class ConvNet(nn.Module):
    """(batch, frames, bins) float32 and lengths (batch,) int64 to scores (batch, outputs).

    `channels` and `strides` (frames, bins) are those of each layer; `frame_stride` is that of all layers together.
    `centre` says of which mean the input is freed. Frames beyond a length may hold anything. DataError where the
    layers step over more bins than there are.
    """

    def __init__(
        self,
        bins: int,
        outputs: int,
        channels: tuple[int, ...] = (32, 64, 128, 128),
        strides: tuple[tuple[int, int], ...] = ((2, 2), (1, 2), (2, 2), (1, 2)),
        dropout: float = 0.1,
        head_dropout: float = 0.2,
        centre: Centre = "level",
    ) -> None:
        super().__init__()
        over = math.prod(stride for _, stride in strides)
        if bins < over:
            raise DataError(
                f"conv_net steps over {over} bins in all, and the features have {bins}; "
                "make the second numbers of model.strides smaller, or build the store with more bins"
            )
        self.centre, self.frame_stride = centre, math.prod(stride for stride, _ in strides)
        self.input_norm = MaskedBatchNorm(bins)
        self.layers = nn.ModuleList(
            layer(before, after, stride, 3 if number else 5, dropout if number else 0.0)
            for number, ((before, after), stride) in enumerate(zip(pairwise((1, *channels)), strides, strict=True))
        )
        self.strides, last = [stride for stride, _ in strides], channels[-1]
        left = reduce(lambda now, stride: -(-now // stride), [stride for _, stride in strides], bins)
        spanning = nn.Conv2d(last, last, (1, left), bias=False)
        self.gather = nn.Sequential(spanning, nn.BatchNorm2d(last), nn.ReLU())
        self.classify = nn.Sequential(nn.Dropout(head_dropout), nn.Linear(2 * last, outputs))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        embedded, real = self.embed(x, lengths)
        mean = embedded.sum(1) / real.sum(1)[:, None]
        scores: Tensor = self.classify(torch.cat([mean, embedded.amax(1)], 1))
        return scores

    def frames(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Scores (batch, frames / frame_stride, outputs) in time, the number of frames rounded up.

        Each is the score of a clip that is all the time as it is there; the one at t is centred on the frame
        t * frame_stride of x. Those from lengths / frame_stride on, rounded up, mean nothing.
        """
        embedded, _ = self.embed(x, lengths)
        scores: Tensor = self.classify(torch.cat([embedded, embedded], 2))
        return scores[:, : (x.shape[1] + self.frame_stride - 1) // self.frame_stride]

    def embed(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, frames / frame_stride, channels), at least 0, before time is pooled; zero beyond the clip.

        And which of its frames, of which there are two at least, are real: bool (batch, frames / frame_stride).
        """
        # Two frames, since an exporter takes an axis of one for one that never changes.
        frames = torch.sym_max(x.shape[1], self.frame_stride + 1)  # type: ignore[no-untyped-call]
        x = pad(x, (0, 0, 0, frames - x.shape[1]))
        y, steps = self.normalise(x, within(x.shape[1], lengths))[:, None], lengths
        for number, (part, stride) in enumerate(zip(self.layers, self.strides, strict=True)):
            y, steps = part(y), -(-steps // stride)
            if number == 0:  # channels beside each other in memory: all that follows takes an eighth less time
                y = y.contiguous(memory_format=torch.channels_last)
            real = within(y.shape[2], steps)
            y = y * real[:, None, :, None].to(y.dtype)
        gathered: Tensor = self.gather(y).squeeze(3) * real[:, None].to(y.dtype)
        return gathered.transpose(1, 2), real

    def normalise(self, x: Tensor, real: Tensor) -> Tensor:
        """The input without its mean over the clip, every bin on one scale; zero beyond the clip."""
        if self.centre == "bins":
            x = centred(x, real)
        elif self.centre == "level":
            kept = real[:, :, None]
            x = x - x.where(kept, 0).sum((1, 2), keepdim=True) / (kept.sum(1, keepdim=True) * x.shape[2])
        normed: Tensor = self.input_norm(x, real)
        return normed


def layer(before: int, after: int, stride: tuple[int, int], kernel: int, dropout: float) -> nn.Module:
    """(batch, before, frames, bins) to (batch, after, frames / stride, bins / stride), rounded up."""
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(), nn.Dropout2d(dropout))
