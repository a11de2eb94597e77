"""Overlap and add: frames that are each centred on a multiple of the hop, as one waveform, in torch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

LEAST_WEIGHT = 1e-2  # of the squared windows at a sample: less is at the ends alone, and would blow them up


def overlapped(frames: Tensor, hop: int) -> Tensor:
    """(batch, frames, n_fft), frame t centred on sample t * hop, added up: (batch, frames * hop).

    >>> overlapped(torch.tensor([[[1.0, 2, 3, 4], [10, 20, 30, 40]]]), 2).tolist()
    [[13.0, 24.0, 30.0, 40.0]]
    """
    (batch, number, n_fft), pieces = frames.shape, -(-frames.shape[2] // hop)
    cut = pad(frames, (0, pieces * hop - n_fft)).reshape(batch, number, pieces, hop)
    total = cut.new_zeros(batch, number + pieces - 1, hop)
    for piece in range(pieces):
        total = total + pad(cut[:, :, piece], (0, 0, piece, pieces - 1 - piece))
    first, flat = n_fft // 2, total.reshape(batch, -1)
    return pad(flat, (0, hop))[:, first : first + number * hop]


def inverse(spectra: Tensor, window: Tensor, hop: int, real: Tensor) -> Tensor:
    """The waveform (batch, frames * hop) whose spectra are nearest to these, (batch, frames, 1 + n_fft // 2) complex.

    That of Griffin and Lim (IEEE Trans. ASSP 32(2), 1984, equation 6), for a window (n_fft,). Frames that are not
    `real` (batch, frames) count for nothing.
    """
    kept = real[:, :, None].to(window.dtype)
    frames = torch.fft.irfft(spectra, n=len(window)) * window
    weights = overlapped(kept * window.square(), hop)
    return overlapped(frames * kept, hop) / weights.clamp(min=LEAST_WEIGHT)
