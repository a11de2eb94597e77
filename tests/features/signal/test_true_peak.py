from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given

from features.example import Audio
from features.signal.true_peak import interpolator, true_peak, true_peak_bound
from tests.features.examples import QUICK, babble, waveforms


@pytest.mark.parametrize(("divisor", "degrees"), [(4, 0), (4, 45), (6, 60), (8, 67.5)])
@pytest.mark.parametrize("amplitude", [0.5, 1.41])
def test_tones_of_ebu_tech_3341(divisor: int, degrees: float, amplitude: float) -> None:
    time = np.arange(4800)
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 480)
    wave = amplitude * fade * np.sin(2 * np.pi * time / divisor + np.radians(degrees))
    found = 20 * np.log10(true_peak(wave.astype(np.float32)[np.newaxis]) / amplitude)
    assert -0.4 <= found <= 0.2


@pytest.mark.parametrize("frequency", [0.05, 0.2, 0.31, 0.4])
def test_within_a_tenth_of_a_decibel_up_to_four_tenths_of_the_rate(frequency: float) -> None:
    time = np.arange(20000)
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 2000)
    wave = 0.5 * fade * np.sin(2 * np.pi * (frequency + 1e-5) * time)
    assert abs(20 * np.log10(true_peak(wave.astype(np.float32)[np.newaxis]) / 0.5)) < 0.1


def test_agrees_with_another_interpolation_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips[::5]:
        dense = scipy.signal.resample_poly(audio.samples[0].astype(np.float64), 4, 1, window=("kaiser", 8.0))
        assert abs(20 * np.log10(true_peak(audio.samples) / np.abs(dense).max())) < 0.3, name


@pytest.mark.parametrize("place", [0, 1, 65535, 65536, 65537, 131071, 131072, 139999])
def test_blocks_hide_nothing(place: int) -> None:
    wave = 0.01 * babble(8.75, 16000)
    wave[0, place] = 1.0
    wave[0, place - 1 if place else 1] = 1.0  # between the two the waveform swings higher
    whole = np.abs(scipy.signal.upfirdn(interpolator(), wave[0], up=4)).max()
    assert true_peak(wave) == pytest.approx(whole, rel=1e-6)
    assert true_peak(wave) > 1.2


@given(samples=waveforms())
@QUICK
def test_the_bound_holds(samples: np.ndarray) -> None:
    tame = np.clip(samples, -1e30, 1e30)
    assert np.abs(tame).max() <= true_peak(tame) <= true_peak_bound(tame) * (1 + 1e-5)
