"""TextEncoder: what each token of a text sounds like among the others, by attention and convolution in turn.

The encoder of Atienza, "EfficientSpeech: An On-Device Text to Speech Model", ICASSP 2023
(https://arxiv.org/abs/2305.13905), section 2: blocks of self-attention (Vaswani et al. 2017, with their sinusoids for
the places) and of a Mix-FFN, two linear maps with a convolution of each channel between. Unlike there, all blocks have
the length of the text: it is short, and nothing is to be gathered from other resolutions.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

OUTSIDE = -1e4  # the score of a token that is not there


class TextEncoder(nn.Module):
    """Embedded tokens (batch, tokens, channels), and which of them are `real` (batch, tokens), to the same shape."""

    def __init__(self, channels: int, blocks: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(EncoderBlock(channels, heads, dropout) for _ in range(blocks))
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        y = self.dropout(x + places(x.shape[1], x.shape[2]).to(x))
        for block in self.blocks:
            y = block(y, real)
        encoded: Tensor = self.norm(y)
        return encoded


class EncoderBlock(nn.Module):
    """Each token hears all others, then its neighbours; both parts are added to what came in."""

    def __init__(self, channels: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.attention_norm, self.mix_norm = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.enter_attention, self.leave_attention = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.enter, self.leave = nn.Linear(channels, 2 * channels), nn.Linear(2 * channels, channels)
        self.mix = nn.Conv1d(2 * channels, 2 * channels, 5, padding=2, groups=2 * channels)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        x = x + self.dropout(self.attend(self.attention_norm(x), real))
        hidden = self.enter(self.mix_norm(x)).where(real[:, :, None], 0)
        mixed = gelu(self.mix(hidden.transpose(1, 2)).transpose(1, 2))
        added: Tensor = self.dropout(self.leave(mixed))
        return x + added

    def attend(self, x: Tensor, real: Tensor) -> Tensor:
        """Self-attention over the tokens that are real."""
        batch, number, channels = x.shape
        parts = self.enter_attention(x).reshape(batch, number, 3, self.heads, channels // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(2, 3) / math.sqrt(channels // self.heads)
        shares = scores.where(real[:, None, None], OUTSIDE).softmax(3)
        heard: Tensor = self.leave_attention((shares @ value).transpose(1, 2).reshape(x.shape))
        return heard


def places(number: int, channels: int) -> Tensor:
    """The sinusoids of Vaswani et al. 2017, section 3.5, (number, channels): sines, then cosines."""
    rates = torch.exp(-math.log(1e4) * torch.arange(channels // 2) / (channels // 2))
    angles = torch.arange(number)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)
