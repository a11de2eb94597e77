from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from features.spectral.stft import hann, power_blocks
from tests.features.examples import babble


@pytest.mark.parametrize(("win_length", "n_fft"), [(400, 400), (320, 512), (25, 64), (63, 64), (2, 2)])
def test_the_window_is_a_periodic_hann_in_the_middle(win_length: int, n_fft: int) -> None:
    wanted = np.zeros(n_fft)
    start = (n_fft - win_length) // 2
    wanted[start : start + win_length] = scipy.signal.get_window("hann", win_length, fftbins=True)
    assert hann(win_length, n_fft) == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize(("n_fft", "win_length", "hop_length"), [(400, 400, 160), (512, 320, 128), (31, 31, 7)])
def test_power_is_that_of_the_definition_in_double_precision(n_fft: int, win_length: int, hop_length: int) -> None:
    signal = babble(0.3)[0]
    padded = np.pad(signal.astype(np.float64), n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    n, k = np.arange(n_fft), np.arange(1 + n_fft // 2)
    basis = np.exp(-2j * np.pi * np.outer(n, k) / n_fft)
    wanted = np.abs((frames * hann(win_length, n_fft)) @ basis) ** 2
    found = np.concatenate([block.copy() for block in power_blocks(signal, n_fft, win_length, hop_length)])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-7 * wanted.max())


def test_a_full_scale_tone_has_the_power_of_its_amplitude() -> None:
    signal = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    power = next(iter(power_blocks(signal, 400, 400, 160)))[10]
    assert int(power.argmax()) == 25  # 1000 Hz in bins of 40 Hz
    assert power[25] == pytest.approx((200 / 2) ** 2, rel=1e-4)  # the window sums to 200; half of it at +1000 Hz


def test_blocks_share_their_memory() -> None:
    first, second, *_ = power_blocks(np.ones(100_000, np.float32), 400, 400, 160)
    assert np.shares_memory(first, second)
