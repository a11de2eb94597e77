"""Vocos: a vocoder that answers spectra, at the rate of the frames, and leaves the waveform to the Fourier transform.

Siuzdak, "Vocos: Closing the gap between time-domain and Fourier-based neural vocoders for high-quality audio
synthesis", ICLR 2024 (https://arxiv.org/abs/2306.00814), sections 3.1 and 3.2. A convolution over frames and ConvNeXt
blocks, all at one rate; then, for each frame and bin, m and p: the spectrum is exp(m) (cos p + i sin p), so that phases
are free to wrap, and the waveform is its inverse short-time Fourier transform.

The default has 1.6 million parameters with 80 mel bins and a hop of 256, for CPUs. That of the paper, 13.5 million, is
`{channels: 512, hidden: 1536, layers: 8}`.

A critic (training/models/spectral_critic.py) may be part of the model while it trains; it answers nothing, and nothing
of the model depends on it but its gradient.

Beyond the paper: the input is brought to one scale, bin by bin; the frames that pad a batch change nothing; a spectrum
is four hops long by default, whatever the features' own frames are; and frame t is centred on sample t * hop, as the
features are, so that frames and waveform begin together, and T frames give T * hop samples.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from training.errors import DataError
from training.losses.spectral import scaled
from training.models.conv_next import KERNEL, ConvNextBlock
from training.models.masked import MaskedBatchNorm, within
from training.models.model import ModelConfig, Sizes
from training.models.overlap import inverse
from training.models.sizes import needs_features
from training.models.spectral_critic import CriticConfig, SpectralCritic


class VocosConfig(ModelConfig):
    """Vocos: a waveform from mel features, by ConvNeXt blocks and an inverse Fourier transform."""

    scores_clips = False

    name: Literal["vocos"] = "vocos"

    channels: int = Field(192, ge=4, le=4096)
    """Channels of every block; the paper has 512."""

    hidden: int = Field(576, ge=4, le=16384)
    """Channels between the two linear maps of a block; the paper has 1536."""

    layers: int = Field(6, ge=1, le=64)
    """Blocks; the paper has 8."""

    n_fft: int | None = Field(None, ge=2)
    """Samples of a spectrum that is answered: even, and two hops or more. Four hops where it is not set."""

    critic: CriticConfig | None = None
    """Who judges the answers while the model trains; task.losses says how much that counts."""

    def build(self, sizes: Sizes) -> Vocos:
        """`sizes.outputs` is the hop: how many samples a frame stands for."""
        needs_features(self.name, sizes)
        n_fft = self.n_fft or 4 * sizes.outputs
        if n_fft % 2 or n_fft < 2 * sizes.outputs:
            raise DataError(f"model.n_fft {n_fft} is to be even, and at least two hops of {sizes.outputs} samples")
        built = Vocos(sizes.width, sizes.outputs, self.channels, self.hidden, self.layers, n_fft)
        if self.critic is not None:  # behind the others, whose first weights are then the same as without it
            built.critic = SpectralCritic(scaled(round(sizes.rate * sizes.outputs)), self.critic.channels)
        return built


class Vocos(nn.Module):
    """Features (batch, frames, bins) and lengths (batch,) to a waveform (batch, frames * hop), zero beyond a length.

    `context` is how many frames to either side an answer depends on. Frames beyond a length may hold anything. The
    `critic` has no part in that.
    """

    window: Tensor
    critic: SpectralCritic | None

    def __init__(self, bins: int, hop: int, channels: int, hidden: int, layers: int, n_fft: int) -> None:
        super().__init__()
        self.hop, self.n_fft, self.critic = hop, n_fft, None
        self.context = (layers + 1) * (KERNEL // 2) + -(-n_fft // hop)
        self.input_norm = MaskedBatchNorm(bins)
        self.enter = nn.Conv1d(bins, channels, KERNEL, padding=KERNEL // 2)
        self.enter_norm = nn.LayerNorm(channels, eps=1e-6)
        self.blocks = nn.ModuleList(ConvNextBlock(channels, hidden, 1 / layers) for _ in range(layers))
        self.leave_norm = nn.LayerNorm(channels, eps=1e-6)
        self.leave = nn.Linear(channels, n_fft + 2)
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        for part in (module for module in self.modules() if isinstance(module, nn.Conv1d | nn.Linear)):
            nn.init.trunc_normal_(part.weight, std=0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        real = within(x.shape[1], lengths)
        y = self.enter(self.input_norm(x, real).transpose(1, 2)).transpose(1, 2)
        y = self.enter_norm(y)
        for block in self.blocks:
            y = block(y, real)
        waves = self.waves(self.leave(self.leave_norm(y)), real)
        return waves.where(real.repeat_interleave(self.hop, 1), 0)

    def waves(self, answers: Tensor, real: Tensor) -> Tensor:
        """(batch, frames, n_fft + 2), log magnitudes and phases, to (batch, frames * hop) by overlap and add."""
        logs, phases = answers.float().chunk(2, -1)
        magnitudes = logs.exp().clamp(max=self.n_fft / 2)  # twice what a sine of full scale has
        spectra = torch.complex(magnitudes * phases.cos(), magnitudes * phases.sin())
        return inverse(spectra, self.window, self.hop, real)
