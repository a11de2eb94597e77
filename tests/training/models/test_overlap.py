"""Overlap and add against torch's own inverse transform."""

from __future__ import annotations

import pytest
import torch

from training.models.overlap import inverse, overlapped


@pytest.mark.parametrize(("n_fft", "hop"), [(8, 2), (9, 4), (6, 5), (4, 4), (16, 3)])
def test_each_frame_lies_around_its_own_sample(n_fft, hop):
    frames = torch.randn(2, 7, n_fft)
    wanted = torch.zeros(2, 7 * hop + 2 * n_fft)
    for number in range(7):
        start = number * hop - n_fft // 2 + n_fft
        wanted[:, start : start + n_fft] += frames[:, number]
    torch.testing.assert_close(overlapped(frames, hop), wanted[:, n_fft : n_fft + 7 * hop])


@pytest.mark.parametrize(("n_fft", "hop"), [(256, 80), (64, 16), (1024, 256)])
def test_any_spectra_become_the_waveform_that_torch_makes_of_them(n_fft, hop):
    window = torch.hann_window(n_fft)
    spectra = torch.randn(1, 1 + n_fft // 2, 20, dtype=torch.complex64)
    spectra[:, [0, -1]] = spectra[:, [0, -1]].real.to(torch.complex64)
    found = inverse(spectra.transpose(1, 2), window, hop, torch.ones(1, 20, dtype=torch.bool))
    wanted = torch.istft(spectra, n_fft, hop, window=window)
    torch.testing.assert_close(found[:, : wanted.shape[1]], wanted, atol=1e-4, rtol=1e-4)
