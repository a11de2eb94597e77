"""Log-mel features in torch, with gradients, and the distance of two waveforms by them.

`TorchLogMel` is the stage `log_mel` (features/perceptual/log_mel.py) once more, of the same parameters, windows and
filters; tests hold one against the other. It is the loss of Parallel WaveGAN's successors, HiFi-GAN and Vocos (Siuzdak,
ICLR 2024, https://arxiv.org/abs/2306.00814, section 3.3): the mean absolute difference of log-mel spectrograms.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from features.perceptual.mel import mel_bank
from features.spectral.windows import window
from training.models.masked import within
from training.synthesis.mel_spec import MelSpec

LEAST_POWER = 1e-16  # of a bin, where its root would have no slope


class TorchLogMel(nn.Module):
    """Waveforms (batch, samples) to log-mel features (batch, 1 + samples // hop_length, n_mels), as `spec` says."""

    window: Tensor
    bank: Tensor

    def __init__(self, spec: MelSpec) -> None:
        super().__init__()
        self.stage = stage = spec.stage
        shape = window(stage.window, stage.win_length or stage.n_fft, stage.n_fft)
        bank = mel_bank(spec.sample_rate, stage.n_fft, stage.n_mels, stage.f_min, stage.f_max, stage.mel_scale)
        self.register_buffer("window", torch.tensor(shape), persistent=False)
        self.register_buffer("bank", torch.tensor(bank), persistent=False)

    def forward(self, signals: Tensor) -> Tensor:
        stage = self.stage
        spectra = torch.stft(
            signals.to(self.window.dtype),
            stage.n_fft,
            stage.hop_length,
            window=self.window,
            center=True,
            pad_mode="constant",
            return_complex=True,
        )
        power = torch.view_as_real(spectra).square().sum(-1)
        if stage.power != 2:
            power = power.clamp(min=LEAST_POWER) ** (stage.power / 2)
        mel = (self.bank @ power).clamp(min=stage.floor).log().transpose(1, 2)
        return mel if stage.log == "natural" else mel * (10 / math.log(10))


def mel_distance(found: Tensor, wanted: Tensor, frames: Tensor) -> Tensor:
    """The mean absolute difference of features (batch, any, bins), (batch,), over the first `frames` (batch,) of each.

    What one has more frames than the other does not count.
    """
    number = min(found.shape[1], wanted.shape[1])
    inside = within(number, frames.clamp(max=number))
    each = (found[:, :number] - wanted[:, :number]).abs().mean(2).where(inside, 0)
    return each.sum(1) / inside.sum(1)
