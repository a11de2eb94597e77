"""FastEnhancer: a causal denoiser that keeps nothing of the past but recurrent states.

Ahn et al., "FastEnhancer: Speed-Optimized Streaming Neural Speech Enhancement", 2025
(https://arxiv.org/abs/2509.21867), section 2. A short-time spectrum X (frames of 32 ms, half overlapping, sine
windows) is compressed to |X|^0.3 exp(i arg X); strided and plain convolutions over frequency make of it patches
with channels; a linear map joins the patches to few bands; in each block a GRU follows every band over time and
attention lets the bands of one frame see each other; the way back mirrors the way in, and ends in a complex mask
that multiplies X. Only the GRUs look back, and nothing looks ahead: what a stream carries over is their states, the
last half frame heard, and the half frame not yet told (`State`).

With `width` 1 the sizes are those of the paper's smallest model (24 channels, 16 bands of 20), with 2 about those
of its base model. Beyond the paper:

- The spectrum is divided by its own level, a running mean of the power over 2 seconds, before it is compressed. The
  mask multiplies the spectrum as it came. So a recording that is louder by some factor is answered with the same,
  louder by that factor, and no level needs to be trained on. Bins 60 dB below the level all count as silent.
- The compressed magnitude is a third input beside real and imaginary part.
- The mask multiplies X itself, not its compressed form, and starts from 1: an untrained model is nearly transparent.
- Frames follow the sample rate: 512 samples at 16 kHz.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention, silu

from training.errors import DataError
from training.models.model import ModelConfig, Sizes

FRAME_SECONDS = 0.032
LEVEL_SECONDS = 2.0
COMPRESSION = 0.3
STRIDE, KERNEL = 4, 8  # bins of a patch, and that make it
FLOOR = 1e-6  # of the power at its level: what is softer sounds alike
HEADS, CONVOLUTIONS = 4, 2


class FastEnhancerConfig(ModelConfig):
    """FastEnhancer, see training/models/fast_enhancer.py: takes the noise out of a waveform, 32 ms behind it."""

    scores_clips = False

    name: Literal["fast_enhancer"] = "fast_enhancer"

    width: float = Field(1.0, ge=0.5, le=8)
    """The factor of the number of channels: 1 gives 24 thousand parameters at 16 kHz, 2 gives 88 thousand."""

    blocks: int = Field(2, ge=1, le=8)
    """Blocks of a GRU over time and attention over frequency."""

    def build(self, sizes: Sizes) -> FastEnhancer:
        if sizes.width != 1 or sizes.outputs != 1:
            raise DataError(f"fast_enhancer takes and gives one channel, got {sizes.width} and {sizes.outputs}")
        return FastEnhancer(sizes.rate, self.width, self.blocks)


class State(NamedTuple):
    """What a stream carries from one block of `hop` samples to the next."""

    heard: Tensor
    """The last block, (batch, hop)."""

    untold: Tensor
    """What the last frame adds to the coming block of the answer, (batch, hop)."""

    power: Tensor
    """The power of past frames, summed with weights that fade, (batch,)."""

    weight: Tensor
    """The sum of those weights, (batch,)."""

    hidden: Tensor
    """The states of the GRUs, (blocks, batch x bands, channels)."""


class OverFrequency(nn.Module):
    """A convolution over frequency, normalised, with SiLU: (batch, frames, bins, channels) to (.., patches, after)."""

    def __init__(self, before: int, after: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, (1, kernel), (1, stride), (0, (kernel - stride + 1) // 2), bias=False)
        self.norm = nn.BatchNorm1d(after)

    def forward(self, x: Tensor) -> Tensor:
        return silu(normed(self.norm, self.conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)))


class Block(nn.Module):
    """A GRU over time in each band, then attention over the bands of each frame; keeps (batch, frames, bands, c)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gru = nn.GRU(channels, channels, batch_first=True)
        self.leave_gru = nn.Linear(channels, channels, bias=False)
        self.gru_norm = nn.BatchNorm1d(channels)
        self.enter_attention = nn.Linear(channels, 3 * channels, bias=False)
        self.leave_attention = nn.Linear(channels, channels, bias=False)
        self.attention_norm = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        batch, frames, bands, channels = x.shape
        told, last = self.gru(x.transpose(1, 2).reshape(batch * bands, frames, channels), hidden[None])
        told = self.leave_gru(told).reshape(batch, bands, frames, channels).transpose(1, 2)
        x = x + normed(self.gru_norm, told)
        parts = self.enter_attention(x).reshape(batch * frames, bands, 3, HEADS, channels // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(x.shape)
        return x + normed(self.attention_norm, self.leave_attention(seen)), last[0]


class FastEnhancer(nn.Module):
    """Noisy (batch, samples, 1) float32 and lengths (batch,) int64 to the clean estimate, of the same shape.

    `hop` samples are a block; the answer's sample n depends on no sample after n + 2 hop - 1, so the latency is 2 hop:
    512 samples at 16 kHz. Samples beyond a length may hold anything; the answer is 0 there. In training, frames that
    pad a batch take part in the statistics of the normalisations. DataError for a rate under 1 kHz.
    """

    def __init__(self, rate: float, width: float = 1.0, blocks: int = 2) -> None:
        super().__init__()
        if rate < 1000:
            raise DataError(f"fast_enhancer needs a waveform of 1000 samples a second or more, got {rate:g}")
        patches = round(rate * FRAME_SECONDS / (2 * STRIDE))
        self.hop = patches * STRIDE
        outer, inner, bands = (HEADS * round(n * width / HEADS) for n in (24, 20, 16 / width**0.5))
        self.bands = min(bands, patches)
        window = torch.sin(math.pi * torch.arange(2 * self.hop, dtype=torch.float64) / (2 * self.hop)).float()
        self.window: Tensor
        self.register_buffer("window", window, persistent=False)
        self.fading = math.exp(-self.hop / (LEVEL_SECONDS * rate))
        self.encoder = nn.ModuleList(
            [OverFrequency(3, outer, KERNEL, STRIDE), *(OverFrequency(outer, outer, 3, 1) for _ in range(CONVOLUTIONS))]
        )
        self.join = nn.Linear(patches, self.bands, bias=False)
        self.enter = nn.Linear(outer, inner)
        self.position = nn.Parameter(0.1 * torch.randn(self.bands, inner))
        self.blocks = nn.ModuleList(Block(inner) for _ in range(blocks))
        self.part = nn.Linear(self.bands, patches, bias=False)
        self.leave = nn.Linear(inner, outer)
        self.merge = nn.ModuleList(nn.Linear(2 * outer, outer) for _ in range(CONVOLUTIONS + 1))
        self.decoder = nn.ModuleList(OverFrequency(outer, outer, 3, 1) for _ in range(CONVOLUTIONS))
        self.to_mask = nn.ConvTranspose2d(outer, 2, (1, KERNEL), (1, STRIDE), (0, (KERNEL - STRIDE) // 2))
        self._begin_with_bands_and_a_mask_of_one(patches)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        batch, samples, _ = x.shape
        real = torch.arange(samples, device=x.device) < lengths[:, None]
        number = -(-samples // self.hop) + 1  # the last block only tells what the frame before it has left
        heard = pad(x[:, :, 0].where(real, 0), (0, number * self.hop - samples))
        told, _ = self.step(heard.reshape(batch, number, self.hop), self.begin(batch))
        clean: Tensor = told[:, 1:].reshape(batch, -1)[:, :samples].where(real, 0)
        return clean[:, :, None]

    def begin(self, batch: int) -> State:
        """The state of a stream that has heard nothing."""
        empty = self.window.new_zeros
        hidden = empty(len(self.blocks), batch * self.bands, self.position.shape[1])
        return State(empty(batch, self.hop), empty(batch, self.hop), empty(batch), empty(batch), hidden)

    def step(self, heard: Tensor, state: State) -> tuple[Tensor, State]:
        """The next blocks of streams, (batch, blocks, hop), to as many of the answer, which is one block behind."""
        before = torch.cat([state.heard[:, None], heard[:, :-1]], 1)
        spectra = torch.view_as_real(torch.fft.rfft(torch.cat([before, heard], -1) * self.window))
        level, power, weight = self.level(spectra.square().sum(-1).mean(-1), state)
        mask, hidden = self.mask(spectra, level, state.hidden)
        (a, b), (c, d) = spectra.unbind(-1), mask.to(spectra.dtype).unbind(-1)
        frames = torch.fft.irfft(torch.complex(a * c - b * d, a * d + b * c), n=2 * self.hop) * self.window
        first, second = frames.split(self.hop, -1)
        told = first + torch.cat([state.untold[:, None], second[:, :-1]], 1)
        return told, State(heard[:, -1].clone(), second[:, -1].clone(), power, weight, hidden)

    def level(self, powers: Tensor, state: State) -> tuple[Tensor, Tensor, Tensor]:
        """The running mean of (batch, frames) at each frame, and the power and weight of the state after them."""
        power, weight, means = state.power, state.weight, []
        for now in powers.unbind(1):
            power, weight = self.fading * power + now, self.fading * weight + 1
            means.append(power / weight)
        return torch.stack(means, 1), power, weight

    def mask(self, spectra: Tensor, level: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """The complex mask of (batch, frames, bins, 2), and the states of the GRUs after it."""
        unit = level[:, :, None] + 1e-10  # silence has none
        power = spectra.square().sum(-1) / unit + FLOOR
        magnitude = power ** (COMPRESSION / 2)
        parts = spectra * (magnitude / (power * unit).sqrt())[..., None]
        x = torch.cat([magnitude[..., None], parts], -1)[:, :, :-1]  # the last bin is one too many for the patches
        skipped: list[Tensor] = []
        for layer in self.encoder:
            x = layer(x)
            skipped.append(x)
        y = self.enter(self.join(x.transpose(2, 3)).transpose(2, 3)) + self.position
        after = []
        for block, before in zip(self.blocks, hidden, strict=True):
            y, last = block(y, before)
            after.append(last)
        x = self.part(self.leave(y).transpose(2, 3)).transpose(2, 3)
        for merge, layer in zip(self.merge, self.decoder, strict=False):
            x = layer(merge(torch.cat([x, skipped.pop()], -1)))
        x = silu(self.merge[-1](torch.cat([x, skipped.pop()], -1)))
        mask = self.to_mask(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return torch.cat([mask, mask[:, :, -1:]], 2), torch.stack(after)

    def _begin_with_bands_and_a_mask_of_one(self, patches: int) -> None:
        """Bands that overlap in triangles, there and back, and a mask that hardly changes anything."""
        patch = (torch.arange(patches) + 0.5) / patches
        band = (torch.arange(self.bands) + 0.5) / self.bands
        triangles = (1 - self.bands * (patch - band[:, None]).abs()).clamp(min=0)
        with torch.no_grad():
            self.join.weight.copy_(triangles / triangles.sum(1, keepdim=True))
            self.part.weight.copy_((triangles / triangles.sum(0)).T)
            self.to_mask.weight.mul_(0.3)
            assert self.to_mask.bias is not None
            self.to_mask.bias.copy_(torch.tensor([1.0, 0.0]))


def normed(norm: nn.BatchNorm1d, x: Tensor) -> Tensor:
    """The channels, which are last, normalised over all that is before them."""
    flat: Tensor = norm(x.reshape(-1, x.shape[-1]))
    return flat.reshape(x.shape)
