from __future__ import annotations

import numpy as np
import pytest
import scipy.fft

from features.spectral.spectrum import Spectrum


def test_a_short_window_is_followed_by_zeros() -> None:
    rng = np.random.default_rng(0)
    frames, window = rng.standard_normal((5, 25)).astype(np.float32), rng.random(25).astype(np.float32)
    wanted = np.fft.rfft(frames.astype(np.float64) * window, n=32)
    spectrum = Spectrum(window, 32)
    np.testing.assert_allclose(spectrum.complex(frames), wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(spectrum.magnitude(frames), np.abs(wanted), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(spectrum.power(frames), np.abs(wanted) ** 2, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [1, 15, 16, 33, 64])
def test_each_frame_is_multiplied_with_the_window(rows: int, dtype: type) -> None:
    rng = np.random.default_rng(rows)
    signal, window = rng.standard_normal(8 * rows + 25).astype(np.float32), rng.random(25).astype(dtype)
    frames = np.lib.stride_tricks.sliding_window_view(signal, 25)[: 8 * rows : 8]
    wanted = scipy.fft.rfft(frames * window, n=32)
    assert np.array_equal(Spectrum(window, 32).complex(frames), wanted)


def test_fewer_rows_than_before_are_as_by_themselves() -> None:
    frames = np.random.default_rng(1).standard_normal((9, 16)).astype(np.float32)
    window = np.ones(16, np.float32)
    spectrum = Spectrum(window, 16)
    spectrum.power(frames)
    assert np.array_equal(spectrum.power(frames[:4]), Spectrum(window, 16).power(frames[:4]))


def test_the_memory_is_used_again() -> None:
    frames = np.ones((3, 8), np.float32)
    spectrum = Spectrum(np.ones(8, np.float32), 8)
    assert np.shares_memory(spectrum.power(frames), spectrum.power(frames[:2]))
