from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import scipy.signal

from features.spectral.windows import Window, hann, window

SCIPY = {"hann": "hann", "hamming": "hamming", "blackman": "blackman", "rectangular": "boxcar"}


@pytest.mark.parametrize(("win_length", "n_fft"), [(400, 400), (320, 512), (25, 64), (63, 64), (2, 2)])
@pytest.mark.parametrize("name", get_args(Window))
def test_a_window_is_scipys_periodic_one_in_the_middle(name: Window, win_length: int, n_fft: int) -> None:
    wanted = np.zeros(n_fft)
    start = (n_fft - win_length) // 2
    wanted[start : start + win_length] = scipy.signal.get_window(SCIPY[name], win_length, fftbins=True)
    found = window(name, win_length, n_fft)
    assert found.dtype == np.float32
    assert found == pytest.approx(wanted, abs=1e-7)


def test_hann_is_the_window_of_that_name() -> None:
    assert np.array_equal(hann(300, 400), window("hann", 300, 400))


def test_nobody_can_change_what_is_kept() -> None:
    with pytest.raises(ValueError, match="read-only"):
        window("hamming", 4, 4)[0] = 1
