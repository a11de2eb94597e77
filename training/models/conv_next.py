"""ConvNeXt blocks in time: what mixes frames, then channels, at one rate; of vocoders and decoders of speech.

Liu et al., "A ConvNet for the 2020s", CVPR 2022 (https://arxiv.org/abs/2201.03545), figure 4, in one dimension as Vocos
has it (Siuzdak, ICLR 2024, https://arxiv.org/abs/2306.00814, section 3.1): a convolution within each channel, a layer
normalisation, twice a linear map with GELU between, and a scale for each channel; the result is added to what came in.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

KERNEL = 7
"""Frames of a convolution; a block sees this // 2 frames to either side."""


class ConvNextBlock(nn.Module):
    """(batch, frames, channels) and which frames are `real`, (batch, frames), to the same shape.

    `scale` is what the block's part is multiplied by at first. Frames that are not real count as zero for the others;
    what comes out there means nothing.
    """

    def __init__(self, channels: int, hidden: int, scale: float, dropout: float = 0.0) -> None:
        super().__init__()
        self.over_time = nn.Conv1d(channels, channels, KERNEL, padding=KERNEL // 2, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.enter, self.leave = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
        self.scale = nn.Parameter(torch.full((channels,), scale))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        heard = x.where(real[:, :, None], 0).transpose(1, 2)
        y = self.norm(self.over_time(heard).transpose(1, 2))
        added: Tensor = self.dropout(self.scale * self.leave(gelu(self.enter(y))))
        return x + added
