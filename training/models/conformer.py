"""Conformer: attention for what is far and convolutions for what is near, with a score for each symbol by CTC.

Gulati et al., "Conformer: Convolution-augmented Transformer for Speech Recognition", Interspeech 2020
(https://arxiv.org/abs/2005.08100), section 2. Two convolutions with strides subsample the features; then each block is

    x = x + feed(x) / 2;  x = x + attend(x);  x = x + convolve(x);  y = norm(x + feed(x) / 2)

`feed` is two linear layers with swish between them; `convolve` a pointwise layer with a gated linear unit, a depthwise
convolution, a batch normalisation, swish and a pointwise layer; each part normalises its input first.

Lee and Watanabe, "Intermediate Loss Regularization for CTC-based Speech Recognition", ICASSP 2021
(https://arxiv.org/abs/2102.03216): in training, the answers of the blocks in `intermediate` are scored as well, by the
same last layer as those of the last block, and cost nothing later.

Unlike there, attention knows positions by rotation (Su et al. 2021, https://arxiv.org/abs/2104.09864, section 3.2):
queries and keys are turned by angles that grow with time, so that their product depends on the distance; and instead of
many channels, the first convolutions have few, since they go over all bins. The default has 3.0 million parameters with
80 bins and 200 symbols; the paper's smallest, of 10 million, is about `{width: 144, blocks: 16, front: 144}`.

Beyond the papers: the input is freed of each bin's mean over the clip, and every bin is brought to one scale; and a
mask, so that the frames that pad a clip to its batch change nothing, in training neither.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import glu, scaled_dot_product_attention, silu

from training.errors import DataError
from training.models.masked import MaskedBatchNorm, centred, in_steps, within
from training.models.model import ModelConfig, Sizes
from training.models.sizes import needs_features

LONGEST_TURN = 10000.0  # the slowest pair of a head turns once in so many answers, times 2 pi
SUBSAMPLING = 4


class ConformerConfig(ModelConfig):
    """A Conformer for recognition by CTC, small by default; with the paper's sizes it wants a GPU."""

    scores_clips = False

    name: Literal["conformer"] = "conformer"

    width: int = Field(144, ge=8, le=1024)
    """Channels of every block."""

    blocks: int = Field(6, ge=1, le=32)
    """Blocks; the paper has 16 to 17."""

    heads: int = Field(4, ge=1, le=32)
    """Heads of the attention, each of width / heads channels, an even number."""

    expansion: int = Field(4, ge=1, le=8)
    """How much wider the feed-forward layers are inside."""

    kernel: int = Field(15, ge=3, le=65)
    """Answers that the depthwise convolutions span, an odd number; the paper has 32."""

    front: int = Field(32, ge=1, le=1024)
    """Channels of the two convolutions that subsample."""

    dropout: float = Field(0.1, ge=0, lt=1)
    """The share of values that is dropped behind each part."""

    intermediate: tuple[Annotated[int, Field(ge=1)], ...] = ()
    """Blocks, from 1 on, whose answers are scored in training too: half-way is best, [3] of 6."""

    @model_validator(mode="after")
    def _fits(self) -> ConformerConfig:
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} is to be a multiple of twice the heads, {2 * self.heads}")
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel {self.kernel} is to be odd, so that an answer lies in its middle")
        if any(block >= self.blocks for block in self.intermediate):
            raise ValueError(f"intermediate names blocks before the last one, {self.blocks}: {[*self.intermediate]}")
        return self

    def build(self, sizes: Sizes) -> nn.Module:
        needs_features(self.name, sizes)
        return Conformer(sizes.width, sizes.outputs, self)


class Subsampling(nn.Module):
    """(batch, frames, bins), zero where not real, to (batch, answers, width): an answer for 4 frames, rounded up."""

    def __init__(self, bins: int, front: int, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, front, 3, 2, 1)
        self.second = nn.Conv2d(front, front, 3, 2, 1)
        left = (bins + SUBSAMPLING - 1) // SUBSAMPLING
        self.project = nn.Linear(front * left, width)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        y, steps = x[:, None], lengths
        for layer in (self.first, self.second):
            y = torch.relu(layer(y))
            steps = (steps + 1) // 2
            y = y * within(y.shape[2], steps)[:, None, :, None].to(y.dtype)
        projected: Tensor = self.project(y.transpose(1, 2).flatten(2))
        return projected, steps


class Attention(nn.Module):
    """Self-attention of several heads, by distance: (batch, steps, width) to the same."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.enter = nn.Linear(width, 3 * width)
        self.leave = nn.Linear(width, width)

    def forward(self, x: Tensor, real: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        query, key, value = self.enter(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key = turned(query, *turns), turned(key, *turns)
        dropped = self.dropout if self.training else 0.0
        heard = scaled_dot_product_attention(query, key, value, real[:, None, None], dropped)
        left: Tensor = self.leave(heard.transpose(1, 2).flatten(2))
        return left


class Convolution(nn.Module):
    """The convolution module: (batch, steps, width) to the same."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.enter = nn.Linear(width, 2 * width)
        # 2D of height 1, with a step's channels beside each other in memory: twice as fast as 1D on CPUs.
        self.depthwise = nn.Conv2d(width, width, (1, kernel), padding=(0, kernel // 2), groups=width, bias=False)
        self.norm = MaskedBatchNorm(width, affine=True)
        self.leave = nn.Linear(width, width)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        gated = glu(self.enter(x), 2).where(real[:, :, None], 0)
        wide = gated.transpose(1, 2)[:, :, None].contiguous(memory_format=torch.channels_last)
        convolved = self.depthwise(wide).squeeze(2).transpose(1, 2)
        left: Tensor = self.leave(silu(self.norm(convolved, real)))
        return left


class ConformerBlock(nn.Module):
    """One block: (batch, steps, width) to the same. `real` (batch, steps) says which steps are."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        width, inner = config.width, config.width * config.expansion
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(5))
        self.feeds = nn.ModuleList(
            nn.Sequential(nn.Linear(width, inner), nn.SiLU(), nn.Dropout(config.dropout), nn.Linear(inner, width))
            for _ in range(2)
        )
        self.attend = Attention(width, config.heads, config.dropout)
        self.convolve = Convolution(width, config.kernel)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, real: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        x = x + 0.5 * self.dropout(self.feeds[0](self.norms[0](x)))
        x = x + self.dropout(self.attend(self.norms[1](x), real, turns))
        x = x + self.dropout(self.convolve(self.norms[2](x), real))
        x = x + 0.5 * self.dropout(self.feeds[1](self.norms[3](x)))
        normed: Tensor = self.norms[4](x)
        return normed


class Conformer(nn.Module):
    """(batch, frames, bins) float32 and lengths (batch,) int64 to scores (batch, answers, symbols), and their lengths.

    There is an answer for 4 frames, rounded up, and two at least; the one at t is centred on frame 4 t. Scores are
    before a softmax. Frames beyond a length may hold anything, and answers beyond a length mean nothing. DataError
    below 4 bins.
    """

    subsampling = SUBSAMPLING

    def __init__(self, bins: int, symbols: int, config: ConformerConfig) -> None:
        super().__init__()
        if bins < SUBSAMPLING:
            raise DataError(f"conformer steps over {SUBSAMPLING} bins at once, and the features have {bins}")
        self.turning, self.scored = config.width // config.heads, set(config.intermediate)
        self.input_norm = MaskedBatchNorm(bins)
        self.subsample = Subsampling(bins, config.front, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(ConformerBlock(config) for _ in range(config.blocks))
        self.classify = nn.Linear(config.width, symbols)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        scores, steps = self.scores(x, lengths)
        return scores[-1], steps

    def scores(self, x: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor]:
        """What `forward` answers, behind what is scored half-way: the list ends with the scores of the last block."""
        x = in_steps(x, SUBSAMPLING)
        real = within(x.shape[1], lengths)
        y, steps = self.subsample(self.input_norm(centred(x, real), real), lengths.clamp(min=1))
        y, real = self.dropout(y), within(y.shape[1], steps)
        turns = turns_of(y.shape[1], self.turning, y.device)
        found = []
        for number, block in enumerate(self.blocks, 1):
            y = block(y, real, turns)
            if number == len(self.blocks) or (self.training and number in self.scored):
                found.append(self.classify(y))
        return found, steps


def turns_of(steps: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the angle by which each step turns each pair of channels: two of (steps, width / 2)."""
    pairs = torch.arange(0, width, 2, device=device) / width
    angles = torch.arange(steps, device=device)[:, None] * LONGEST_TURN**-pairs
    return angles.cos(), angles.sin()


def turned(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """(.., steps, width) with the pairs (channel i, channel i + width / 2) turned."""
    first, second = x.chunk(2, -1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], -1)
