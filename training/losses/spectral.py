"""Losses between the short-time spectra of two waveforms.

- `multi_resolution_stft`: Yamamoto, Song, Kim, "Parallel WaveGAN", ICASSP 2020 (https://arxiv.org/abs/1910.11480),
  equations 4 to 6: spectral convergence and the distance of log magnitudes, at several resolutions. Phase is free.
- `compressed_spectral`: Braun and Tashev, "A consolidated view of loss functions for supervised deep learning-based
  speech enhancement", 2021 (https://arxiv.org/abs/2009.12286): squared distances of magnitudes, and of complex values,
  both with magnitudes to the power 0.3, so that quiet bins count. GTCRN (Rong et al., ICASSP 2024) trains with it.

Frames are centred on multiples of the hop, and both signals are zero before their start and beyond their length: what
a batch pads with, and how far, changes nothing. The frames whose centre lies within a length count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

POWER_FLOOR = 1e-7  # of |STFT|^2 before its logarithm: what one bit of 16 comes to with these windows
COMPRESSED_FLOOR = 1e-12  # of |STFT|^2 before its root, whose slope is infinite at zero


class Resolution(NamedTuple):
    """How a spectrum is taken, in samples, with a Hann window."""

    n_fft: int
    hop_length: int
    win_length: int


# Table 1 of Parallel WaveGAN, made for 24 kHz; denoisers use the same at 16 kHz (Defossez et al. 2020).
RESOLUTIONS = (Resolution(1024, 120, 600), Resolution(2048, 240, 1200), Resolution(512, 50, 240))
MADE_FOR = 24_000  # Hz


def scaled(sample_rate: int) -> list[Resolution]:
    """The resolutions of Parallel WaveGAN as milliseconds: for another rate, with a power of two behind each window.

    >>> scaled(24_000)[0], scaled(8_000)[0]
    (Resolution(n_fft=1024, hop_length=120, win_length=600), Resolution(n_fft=256, hop_length=40, win_length=200))
    """
    factor = sample_rate / MADE_FOR
    return [
        Resolution(2 ** round(math.log2(n_fft * factor)), max(1, round(hop * factor)), round(window * factor))
        for n_fft, hop, window in RESOLUTIONS
    ]


def multi_resolution_stft(
    estimates: Tensor, targets: Tensor, lengths: Tensor, resolutions: Sequence[Resolution] = RESOLUTIONS
) -> Tensor:
    """The mean over resolutions of spectral convergence plus log magnitude distance, (batch,).

    `estimates` and `targets` are (batch, samples), of which the first `lengths` (batch,) count. Spectral convergence
    is ||T| - |E|| / ||T|| (Frobenius norms over bins and frames); the other is the mean of |log |T| - log |E||, natural
    logarithms. Powers below 1e-7 count as 1e-7. A silent target has no spectral convergence: the log magnitudes
    alone pull the estimate to silence. An example of length 0 costs 0.
    """
    losses = []
    for resolution in resolutions:
        window = torch.hann_window(resolution.win_length, dtype=_precision(targets), device=targets.device)
        powers = [_power(_spectra(signals, lengths, resolution, window)) for signals in (estimates, targets)]
        inside = _inside(lengths, powers[0].shape[-1], resolution.hop_length)
        silent = (powers[1] * inside).amax((1, 2)) <= POWER_FLOOR
        found, wanted = (power.clamp(min=POWER_FLOOR).sqrt() for power in powers)
        norm = torch.linalg.vector_norm(wanted * inside, dim=(1, 2))
        distance = torch.linalg.vector_norm((wanted - found) * inside, dim=(1, 2))
        convergence = (distance / norm.where(~silent, 1)).where(~silent, 0)
        losses.append(convergence + _mean((wanted.log() - found.log()).abs(), inside))
    return torch.stack(losses).mean(0)


def compressed_spectral(
    estimates: Tensor,
    targets: Tensor,
    lengths: Tensor,
    n_fft: int = 512,
    hop_length: int = 256,
    exponent: float = 0.3,
    complex_share: float = 0.3,
) -> Tensor:
    """Squared distances of compressed spectra, (batch,): of magnitudes, and `complex_share` of complex values.

    With E' = |E|^exponent e^(i phase), and T' of the target, it is the mean over bins and frames of
    (1 - complex_share) (|T'| - |E'|)^2 + complex_share (re(T' - E')^2 + im(T' - E')^2). The window is the root of a
    Hann window of `n_fft`, as GTCRN's, whose training takes 100 times the default (70 and 30). Values depend on the
    level of the signals; gradients are finite on silence. An example of length 0 costs 0.
    """
    resolution = Resolution(n_fft, hop_length, n_fft)
    window = torch.hann_window(n_fft, dtype=_precision(targets), device=targets.device).sqrt()
    found, wanted = (_spectra(signals, lengths, resolution, window) for signals in (estimates, targets))
    inside = _inside(lengths, found.shape[2], hop_length)
    found_magnitude, wanted_magnitude = ((_power(each) + COMPRESSED_FLOOR).sqrt() for each in (found, wanted))
    of_magnitudes = (wanted_magnitude**exponent - found_magnitude**exponent).square()
    shrink = exponent - 1
    of_values = _power(wanted * (wanted_magnitude**shrink)[..., None] - found * (found_magnitude**shrink)[..., None])
    return _mean((1 - complex_share) * of_magnitudes + complex_share * of_values, inside)


def magnitudes(signals: Tensor, lengths: Tensor, resolution: Resolution) -> tuple[Tensor, Tensor]:
    """The magnitudes (batch, bins, frames) of signals (batch, samples), and which frames count, (batch, 1, frames).

    The smallest is the root of 1e-7, where it has no gradient.
    """
    window = torch.hann_window(resolution.win_length, dtype=_precision(signals), device=signals.device)
    power = _power(_spectra(signals, lengths, resolution, window))
    return power.clamp(min=POWER_FLOOR).sqrt(), _inside(lengths, power.shape[2], resolution.hop_length)


def _precision(signals: Tensor) -> torch.dtype:
    """float32, or float64 when the signals have it: spectra need more than a half-precision float holds."""
    return torch.promote_types(signals.dtype, torch.float32)


def _spectra(signals: Tensor, lengths: Tensor, resolution: Resolution, window: Tensor) -> Tensor:
    """(batch, samples) to (batch, bins, frames, 2), real and imaginary parts, of signals that are zero outside."""
    inside = torch.arange(signals.shape[-1], device=signals.device) < lengths[:, None]
    kept = signals.to(window.dtype).where(inside, 0)
    spectra = torch.stft(kept, *resolution, window=window, center=True, pad_mode="constant", return_complex=True)
    return torch.view_as_real(spectra)


def _power(spectra: Tensor) -> Tensor:
    """(.., 2) to the squares of the magnitudes (..)."""
    return spectra.square().sum(-1)


def _inside(lengths: Tensor, frames: int, hop_length: int) -> Tensor:
    """(batch, 1, frames): whether the centre of a frame lies within the length."""
    return torch.arange(frames, device=lengths.device) * hop_length < lengths[:, None, None]


def _mean(values: Tensor, inside: Tensor) -> Tensor:
    """The mean of (batch, bins, frames) over the bins of the frames that count: (batch,); 0 when none does."""
    counted = inside.sum((1, 2)).clamp(min=1) * values.shape[1]
    return (values * inside).sum((1, 2)) / counted
