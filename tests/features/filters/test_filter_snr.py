from __future__ import annotations

import numpy as np
import pytest

from features.example import Audio, Example
from features.filters.filter_snr import FilterSnr, snr_db
from features.stage import Filtered
from tests.features.examples import run

RATE = 16000


def mixed(snr: float, speech: float = 0.8, seconds: float = 10.0, seed: int = 0) -> Audio:
    """Bursts of a tone that fill a share of the time, in white noise at an SNR over the whole."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    signal = np.sin(2 * np.pi * 300 * time) * (0.3 + 0.7 * np.sin(9 * time) ** 2) * (time % 1 < speech)
    noise = rng.standard_normal(len(time))
    noise *= np.sqrt(np.mean(signal**2) / np.mean(noise**2) / 10 ** (snr / 10))
    return Audio((0.1 * (signal + noise)).astype(np.float32)[np.newaxis], RATE)


@pytest.mark.parametrize("speech", [0.9, 0.3])
@pytest.mark.parametrize("snr", [0, 5, 10, 20, 30])
def test_the_estimate_is_the_ratio_that_was_mixed(snr: float, speech: float) -> None:
    assert snr_db(mixed(snr, speech)) == pytest.approx(snr, abs=1.0)


def test_level_channels_and_digital_silence_around_it_change_nothing() -> None:
    audio = mixed(15)
    plain = snr_db(audio)
    padded = np.pad(audio.samples, ((0, 0), (RATE, RATE)))
    assert snr_db(Audio(padded, RATE)) == pytest.approx(plain, abs=0.01)
    assert snr_db(Audio(audio.samples * np.float32(1e-3), RATE)) == pytest.approx(plain, abs=0.01)
    assert snr_db(Audio(np.repeat(audio.samples, 2, axis=0), RATE)) == pytest.approx(plain, abs=1e-6)


def test_steady_noise_alone_has_hardly_any() -> None:
    noise = np.random.default_rng(1).standard_normal((1, 5 * RATE)).astype(np.float32)
    assert snr_db(Audio(noise, RATE)) < -5


def test_too_little_is_filtered_with_the_estimate_and_the_others_remember_theirs() -> None:
    assert run(FilterSnr(min_snr_db=10), mixed(3).samples, RATE) == Filtered("3.4 dB; min_snr_db is 10")
    passed = run(FilterSnr(min_snr_db=10), mixed(20).samples, RATE)
    assert isinstance(passed, Example)
    assert passed.notes["filter_snr"]["snr_db"] == pytest.approx(20, abs=1)


@pytest.mark.parametrize("samples", [np.zeros((1, 800)), np.zeros((2, 1)), np.zeros((1, 0))])
def test_silence_is_filtered(samples: np.ndarray) -> None:
    assert run(FilterSnr(), samples.astype(np.float32)) == Filtered("silence")


def test_the_edges_of_what_a_float_holds() -> None:
    largest = np.finfo(np.float32).max
    assert snr_db(Audio(np.full((1, 8000), largest, np.float32), 8000)) == -100  # all alike: nothing but noise
    assert snr_db(Audio(np.ones((1, 1), np.float32), 8000)) == -100
    assert snr_db(Audio(np.full((1, 8000), 1e-45, np.float32), 8000)) in (None, -100)
