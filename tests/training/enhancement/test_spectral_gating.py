"""Spectral gating: a gain that is 1 changes nothing, the noise floor is found, and noise goes where speech stays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from tests.features.examples import babble
from training.enhancement import spectral_gating as module
from training.enhancement.spectral_gating import gains, noise_powers, spectral_gating
from training.metrics.enhancement import si_sdr


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("samples", [0, 1, 100, 5000, 20001])
def test_gains_of_one_give_back_the_input(rate, samples, monkeypatch):
    monkeypatch.setattr(module, "gains", lambda powers, noise: np.ones_like(powers))
    clip = np.random.default_rng(0).uniform(-1, 1, samples).astype(np.float32)
    same = spectral_gating(clip, rate)
    assert same.dtype == np.float32
    np.testing.assert_allclose(same, clip, atol=1e-6)


def test_the_floor_of_steady_noise_is_near_its_mean_power():
    powers = np.random.default_rng(0).exponential(3.0, (2000, 40))
    assert 10 * np.log10(noise_powers(powers).mean() / 3.0) == pytest.approx(0, abs=1.5)


def test_the_floor_holds_through_a_sound_and_follows_a_step():
    powers = np.random.default_rng(0).exponential(1.0, (1000, 2))
    powers[300:330, 0] += 100  # speech comes and goes
    powers[300:, 1] *= 10  # the noise becomes louder for good
    floor = noise_powers(powers)
    assert floor[300:330, 0].max() < 2
    assert floor[600:].mean(0) / [1, 10] == pytest.approx([0.8, 0.8], abs=0.2)


def test_a_floor_that_starts_in_speech_falls_in_the_next_pause():
    powers = np.random.default_rng(0).exponential(1.0, (500, 20))
    powers[:50] *= 1000
    assert noise_powers(powers)[150:].max() < 5


def test_gains_are_those_of_the_paper():
    powers, noise = np.array([[4.0], [9.0]]), np.ones((2, 1))
    before, expected = 1.0, []
    for ratio in powers[:, 0]:
        snr = 0.9 * before + 0.1 * (ratio - 1)
        v = snr / (1 + snr) * ratio
        gain = snr / (1 + snr) * np.exp(0.5 * quad(lambda t: np.exp(-t) / t, v, np.inf)[0])
        expected.append(gain)
        before = gain**2 * ratio
    np.testing.assert_allclose(gains(powers, noise)[:, 0], expected, rtol=1e-7)


def test_gains_stay_between_the_floor_and_one():
    powers = 10.0 ** np.random.default_rng(0).uniform(-30, 30, (50, 20))
    found = gains(powers, np.ones_like(powers))
    assert found.min() >= module.LEAST_GAIN
    assert found.max() <= 1


@pytest.mark.parametrize("snr_db", [-5, 5, 15])
def test_noise_goes_and_the_voice_stays(snr_db):
    clean = babble(4)[0] * np.repeat([0.0, 1.0, 0.1, 1.0], 16000)
    noise = np.random.default_rng(1).standard_normal(len(clean))
    noise *= np.linalg.norm(clean) / np.linalg.norm(noise) * 10 ** (-snr_db / 20)
    noisy = (clean + noise).astype(np.float32)
    assert si_sdr(spectral_gating(noisy, 16000), clean) > si_sdr(noisy, clean) + 4
    gone = spectral_gating(noise.astype(np.float32), 16000)
    assert np.linalg.norm(gone) < 0.35 * np.linalg.norm(noise)


def test_silence_stays_silent_and_stereo_is_refused():
    assert not spectral_gating(np.zeros(8000, np.float32), 16000).any()
    half = np.concatenate([np.zeros(8000), np.random.default_rng(0).normal(size=8000)]).astype(np.float32)
    assert np.isfinite(spectral_gating(half, 16000)).all()
    with pytest.raises(ValueError, match="one dimension"):
        spectral_gating(np.zeros((2, 100), np.float32), 16000)


def test_the_level_does_not_matter():
    clip = babble(1)[0] + np.random.default_rng(0).normal(0, 0.05, 16000).astype(np.float32)
    np.testing.assert_allclose(spectral_gating(clip * 0.01, 16000) * 100, spectral_gating(clip, 16000), atol=1e-4)
