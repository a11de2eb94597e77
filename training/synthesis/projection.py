"""Projection: a waveform that is brought nearer, round by round, to the mel features that it is to have.

It is Griffin and Lim's way (IEEE Trans. ASSP 32(2), 1984), with the momentum of Perraudin, Balazs and Sondergaard
(WASPAA 2013), to and fro between waveforms and spectra. But no magnitudes are given, as they are where mel features are
undone first: in each round, the spectra of the waveform are multiplied by what its features lack. With filters W, the
features m that are wanted, and x = |X|^power, that is the rule of mel_to_linear (features/inverse/mel_to_linear.py),

    x <- x * W'(m / (W x)) / W'1,

and bins that no filter hears stay as they are. What a model answered keeps its phases and its harmonics, of which mel
features say nothing, as far as they agree with the features.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from features.perceptual.mel import mel_bank
from features.spectral.windows import window
from training.models.masked import within
from training.models.overlap import inverse
from training.synthesis.mel_spec import MelSpec

MOMENTUM = 0.9
LEAST, MOST = 1e-8, 100.0  # the least that a filter hears, and the most that a round multiplies by


class Projection(nn.Module):
    """Waveforms (batch, frames * hop_length), and features (batch, frames, n_mels) of which `frames` (batch,) count, to
    waveforms of the same shape, zero beyond. `context` is how many frames to either side a round makes use of.
    """

    window: Tensor
    bank: Tensor

    def __init__(self, spec: MelSpec) -> None:
        super().__init__()
        self.stage = stage = spec.stage
        self.context = 2 * -(-stage.n_fft // stage.hop_length)
        shape = window(stage.window, stage.win_length or stage.n_fft, stage.n_fft)
        bank = mel_bank(spec.sample_rate, stage.n_fft, stage.n_mels, stage.f_min, stage.f_max, stage.mel_scale)
        self.register_buffer("window", torch.tensor(shape), persistent=False)
        self.register_buffer("bank", torch.tensor(bank), persistent=False)

    def forward(self, signals: Tensor, features: Tensor, frames: Tensor, rounds: int) -> Tensor:
        real = within(features.shape[1], frames)
        inside = real.repeat_interleave(self.stage.hop_length, 1)
        wanted = (features if self.stage.log == "natural" else features * (math.log(10) / 10)).exp()
        last: Tensor | None = None
        for _ in range(rounds):
            now = self.spectra(signals.where(inside, 0), features.shape[1])
            ahead = now if last is None else now + MOMENTUM * (now - last)
            signals = inverse(ahead * self.gains(ahead, wanted), self.window, self.stage.hop_length, real)
            last = now
        return signals.where(inside, 0)

    def spectra(self, signals: Tensor, number: int) -> Tensor:
        """(batch, number, 1 + n_fft // 2), complex."""
        stage = self.stage
        found = torch.stft(
            signals, stage.n_fft, stage.hop_length, window=self.window, pad_mode="constant", return_complex=True
        )
        return found[:, :, :number].transpose(1, 2)

    def gains(self, spectra: Tensor, wanted: Tensor) -> Tensor:
        """The factor of each bin, (batch, frames, bins)."""
        power = self.stage.power
        heard = (spectra.abs() ** power @ self.bank.T).clamp(min=LEAST)
        weights = self.bank.sum(0)
        gains = ((wanted / heard).clamp(max=MOST) @ self.bank) / weights.clamp(min=LEAST)
        return gains.where(weights > LEAST, 1) ** (1 / power)
