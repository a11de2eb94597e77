"""A critic of waveforms: what tells recordings from answers of a vocoder, by their spectra at several resolutions.

Jang, Lim, Yoon, Kim, Kim, "UnivNet: A Neural Vocoder with Multi-Resolution Spectrogram Discriminators for High-Fidelity
Waveform Generation", Interspeech 2021 (https://arxiv.org/abs/2106.07889), section 2.3, which Vocos (Siuzdak, ICLR 2024,
https://arxiv.org/abs/2306.00814, section 3.3) trains by as well. Each resolution has a network of its own, of
convolutions over the magnitudes of a short-time Fourier transform, as if it were a picture: with leaky rectifiers, and
weights that are directions and lengths (Salimans and Kingma 2016). Every place of the last one is a score, high for
what sounds recorded. The resolutions are those of the spectral loss, in milliseconds.

It is lighter than the paper's: half the channels, one convolution less, and strides of two over bins and frames from
the first one on. Frames beyond a length count as zero for the others, so that nothing depends on how far a batch is
padded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import leaky_relu
from torch.nn.utils.parametrizations import weight_norm

from training.losses.spectral import Resolution, magnitudes
from training.section import Section

STRIDED = 3
"""Convolutions of 3 frames and 9 bins that keep every second of both; behind them are others of 3 and 3."""
SLOPE = 0.2


class CriticConfig(Section):
    """A critic that a vocoder has while it trains."""

    channels: int = Field(16, ge=1, le=256)
    """Channels of its convolutions; the paper has 32."""


class View(NamedTuple):
    """What a layer of a critic makes of waveforms, (batch, channels, frames, bins), zero where frames are not `real`,
    (batch, 1, frames, 1), which is 1 or 0.
    """

    values: Tensor
    real: Tensor


class SpectralCritic(nn.Module):
    """Waveforms (batch, samples) and lengths (batch,) to views at each resolution: of every layer, scores at last."""

    def __init__(self, resolutions: Sequence[Resolution], channels: int) -> None:
        super().__init__()
        self.eyes = nn.ModuleList(Eye(resolution, channels) for resolution in resolutions)

    def forward(self, signals: Tensor, lengths: Tensor) -> list[list[View]]:
        return [eye(signals, lengths) for eye in self.eyes]


class Eye(nn.Module):
    """A critic at one resolution."""

    def __init__(self, resolution: Resolution, channels: int) -> None:
        super().__init__()
        self.resolution = resolution
        self.strided = nn.ModuleList(
            _convolution(channels if layer else 1, channels, (3, 9), 2) for layer in range(STRIDED)
        )
        self.plain, self.score = _convolution(channels, channels, (3, 3)), _convolution(channels, 1, (3, 3))

    def forward(self, signals: Tensor, lengths: Tensor) -> list[View]:
        found, inside = magnitudes(signals, lengths, self.resolution)
        real = inside[..., None].to(found.dtype)
        x = (found.transpose(1, 2)[:, None] * real).contiguous(memory_format=torch.channels_last)  # faster on CPUs
        views = []
        for layer in (*self.strided, self.plain):
            real = real[:, :, ::2] if layer is not self.plain else real
            x = leaky_relu(layer(x), SLOPE) * real
            views.append(View(x, real))
        return [*views, View(self.score(x) * real, real)]


def _convolution(before: int, after: int, kernel: tuple[int, int], stride: int = 1) -> nn.Module:
    """Over frames and bins, with zeros beyond the ends."""
    made: nn.Module = weight_norm(nn.Conv2d(before, after, kernel, stride, (kernel[0] // 2, kernel[1] // 2)))
    return made
