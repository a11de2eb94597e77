"""ECAPA-TDNN: time convolutions that see the whole clip through gates and attention; embeddings of speakers.

Desplanques, Thienpondt, Demuynck, "ECAPA-TDNN: Emphasized Channel Attention, Propagation and Aggregation in TDNN
Based Speaker Verification", Interspeech 2020 (https://arxiv.org/abs/2005.07143), Figures 1 and 2. With y0 a
convolution of the frames, and s the sum of all outputs so far, each of three blocks (dilations 2, 3, 4) gives

    y = s + gate * pointwise(res2(pointwise(s)))

res2 (Gao et al. 2019, https://arxiv.org/abs/1904.01169) cuts the channels into 8 parts, and convolves each after
the first together with the result for the part before it. The gate (Hu et al. 2018, https://arxiv.org/abs/1709.01507)
weighs each channel by what the clip holds on average. The three outputs side by side go through a pointwise layer,
then attentive statistics: each channel's mean and deviation over time under weights of its own, which come from the
frame and from the clip's unweighted statistics (section 3.1). One linear layer makes the embedding. A score is the
scaled cosine of the embedding to the vector of a class, for training/losses/angular_margin.py.

With 80 bins and embeddings of 192, channels of 512 and 1024 have 6.2 and 14.7 million parameters, as in the paper's
Table 1. Beyond the paper: fewer channels, with narrower layers behind the blocks and in the gates; an input that
loses each bin's mean over the clip unless told otherwise, and a batch normalisation of its bins; and a mask, so that in
evaluation the frames that pad a clip to its batch change nothing (in training they take part in the statistics of the
inner normalisations).
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from training.errors import DataError
from training.models.masked import MaskedBatchNorm, centred, within
from training.models.model import ModelConfig, Sizes
from training.models.sizes import needs_features

PARTS = 8  # the scale of res2
DILATIONS = (2, 3, 4)
BOTTLENECK = 128  # of the attention, and of the gates at the most
AGGREGATED = 1536  # channels behind the blocks at the most
VARIANCE_FLOOR = 1e-8  # a channel that never changes has a deviation of 1e-4, and no endless gradient


class EcapaTdnnConfig(ModelConfig):
    """ECAPA-TDNN, embeddings of speakers by attentive statistics; its scores are scaled cosines."""

    name: Literal["ecapa_tdnn"] = "ecapa_tdnn"

    channels: int = Field(128, ge=16, le=2048, multiple_of=PARTS)
    """Channels of the blocks: 512 and 1024 in the paper (6.2 and 14.7 million parameters); 128 (0.7 million) suits
    CPUs and thousands of clips."""

    embedding: int = Field(192, ge=2, le=1024)
    """Size of the embedding."""

    scale: float = Field(30.0, gt=0, le=100)
    """What cosines are multiplied by to become scores; about 30 where classes are many, less where they are few."""

    centre: bool = True
    """Whether each bin loses its mean over the clip: microphone and room, and some of the voice."""

    def build(self, sizes: Sizes) -> nn.Module:
        needs_features(self.name, sizes)
        return EcapaTdnn(sizes.width, sizes.outputs, self.channels, self.embedding, self.scale, self.centre)


class Layer(nn.Sequential):
    """A convolution over time that keeps the frames, relu, batch normalisation."""

    def __init__(self, before: int, after: int, kernel: int = 1, dilation: int = 1) -> None:
        around = kernel // 2 * dilation
        super().__init__(
            nn.Conv1d(before, after, kernel, padding=around, dilation=dilation), nn.ReLU(), nn.BatchNorm1d(after)
        )


class SeRes2Block(nn.Module):
    """One block: (batch, channels, frames) to the same. `mask` is (batch, 1, frames), 1 at real frames."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        part, narrow = channels // PARTS, min(BOTTLENECK, channels // 4)
        self.enter = Layer(channels, channels)
        self.parts = nn.ModuleList(Layer(part, part, 3, dilation) for _ in range(PARTS - 1))
        self.leave = Layer(channels, channels)
        self.gate = nn.Sequential(nn.Linear(channels, narrow), nn.ReLU(), nn.Linear(narrow, channels), nn.Sigmoid())

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        first, *others = self.enter(x).chunk(PARTS, 1)
        made = [first]
        for number, (part, layer) in enumerate(zip(others, self.parts, strict=True)):
            made.append(layer((part + made[-1] if number else part) * mask))
        y = self.leave(torch.cat(made, 1))
        gate: Tensor = self.gate((y * mask).sum(2) / mask.sum(2))
        gated: Tensor = x + y * gate[:, :, None]
        return gated


class AttentiveStatistics(nn.Module):
    """(batch, channels, frames) and real (batch, frames) to each channel's mean and deviation (batch, 2 channels)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.of_frame = nn.Conv1d(channels, BOTTLENECK, 1)
        self.of_clip = nn.Linear(2 * channels, BOTTLENECK, bias=False)
        self.score = nn.Conv1d(BOTTLENECK, channels, 1)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        # A layer of frame and clip side by side is the sum of two, and that of the clip is computed once.
        even = real / real.sum(1, keepdim=True)
        clip: Tensor = self.of_clip(statistics(x, even[:, None]))
        scores: Tensor = self.score(torch.tanh(self.of_frame(x) + clip[:, :, None]))
        weights = scores.float().masked_fill(~real[:, None], -torch.inf).softmax(2)
        return statistics(x, weights)


def statistics(x: Tensor, weights: Tensor) -> Tensor:
    """Mean and deviation of x (batch, channels, frames) under weights whose sum over the frames is 1."""
    x = x.float()
    mean = (x * weights).sum(2)
    variance = ((x - mean[:, :, None]).square() * weights).sum(2)
    return torch.cat([mean, variance.clamp(min=VARIANCE_FLOOR).sqrt()], 1)


class EcapaTdnn(nn.Module):
    """(batch, frames, bins) float32 and lengths (batch,) int64 to class scores (batch, classes).

    A score is `scale` times the cosine of the embedding to a class. Frames beyond a length may hold anything.
    DataError where 8 does not divide the channels, or there are fewer than 16.
    """

    def __init__(
        self,
        bins: int,
        classes: int,
        channels: int = 128,
        embedding: int = 192,
        scale: float = 30.0,
        centre: bool = True,
    ) -> None:
        super().__init__()
        if channels % PARTS or channels < 2 * PARTS:
            raise DataError(f"ecapa_tdnn: channels are a multiple of {PARTS}, 16 or more, got {channels}")
        self.scale, self.centre = scale, centre
        self.input_norm = MaskedBatchNorm(bins)
        self.enter = Layer(bins, channels, 5)
        self.blocks = nn.ModuleList(SeRes2Block(channels, dilation) for dilation in DILATIONS)
        gathered = len(DILATIONS) * channels
        aggregated = min(AGGREGATED, gathered)
        self.aggregate = nn.Sequential(nn.Conv1d(gathered, aggregated, 1), nn.ReLU())
        self.pool = AttentiveStatistics(aggregated)
        self.pooled_norm = MaskedBatchNorm(2 * aggregated, affine=True)
        self.project = nn.Linear(2 * aggregated, embedding)
        self.embedding_norm = MaskedBatchNorm(embedding, affine=True)
        self.classes = nn.Parameter(nn.init.xavier_normal_(torch.empty(classes, embedding)))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return self.scale * self.cosines(x, lengths)

    def cosines(self, x: Tensor, lengths: Tensor) -> Tensor:
        """The cosine of each clip's embedding to each class, (batch, classes), in [-1, 1] up to rounding."""
        return self.compare(self.embed(x, lengths))

    def compare(self, embedded: Tensor) -> Tensor:
        """The same of embeddings (batch, embedding)."""
        return linear(normalize(embedded), normalize(self.classes))

    def embed(self, x: Tensor, lengths: Tensor) -> Tensor:
        """(batch, embedding), of any length; two clips are compared by the cosine of theirs."""
        real = within(x.shape[1], lengths)
        pooled = self.pool(self.frames(self.input_norm(centred(x, real) if self.centre else x, real), real), real)
        every = torch.ones_like(lengths, dtype=torch.bool)
        embedded: Tensor = self.embedding_norm(self.project(self.pooled_norm(pooled, every)), every)
        return embedded

    def frames(self, x: Tensor, real: Tensor) -> Tensor:
        """(batch, frames, bins), normalised and zero where not real, to (batch, aggregated, frames)."""
        mask = real[:, None].to(x.dtype)
        total: Tensor = self.enter(x.transpose(1, 2))
        made = []
        for block in self.blocks:
            made.append(block(total, mask))
            total = total + made[-1]
        aggregated: Tensor = self.aggregate(torch.cat(made, 1))
        return aggregated
