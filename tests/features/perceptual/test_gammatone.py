from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
import scipy.signal
from pydantic import ValidationError

from features.errors import ChainError
from features.example import Audio, Example
from features.perceptual.gammatone import Gammatone, erb_centres, gammatone_bank
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run

PARAMETERS: list[dict[str, Any]] = [
    {"f_min": 800},
    {"n_fft": 512, "win_length": 400, "hop_length": 128, "n_bands": 32, "f_min": 1000, "f_max": 3500, "log": "db"},
    {"n_fft": 401, "n_bands": 20, "f_min": 900, "pad_mode": "reflect", "log": None},
]


def of_scipy(rate: int, n_fft: int, centre: float) -> np.ndarray:
    """|H|^2 of scipy's filter; as one polynomial of order eight, it loses its digits at low frequencies."""
    numerator, denominator = scipy.signal.gammatone(centre, "iir", fs=rate)
    hz = np.arange(1 + n_fft // 2) * rate / n_fft
    return np.abs(scipy.signal.freqz(numerator, denominator, hz, fs=rate)[1]) ** 2


def reference(stage: Gammatone, samples: np.ndarray, rate: int) -> np.ndarray:
    """librosa's power spectrogram through scipy's filters, (frames, n_bands)."""
    power = np.abs(
        librosa.stft(
            samples,
            n_fft=stage.n_fft,
            win_length=stage.win_length,
            hop_length=stage.hop_length,
            pad_mode=stage.pad_mode,
        )
    )
    centres = erb_centres(stage.n_bands, stage.f_min, stage.f_max or rate / 2)
    energies = (power**2).T @ np.stack([of_scipy(rate, stage.n_fft, centre) for centre in centres], axis=1)
    if stage.log is None:
        return energies
    logarithm = np.log(np.maximum(energies, stage.floor))
    return logarithm * (10 / np.log(10) if stage.log == "db" else 1)


def features(stage: Gammatone, samples: np.ndarray, rate: int) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("gammatone").frames


def test_the_centres_are_those_of_slaneys_erb_space() -> None:
    low, high, count, offset = 100.0, 8000.0, 64, 9.26449 * 24.7
    steps = np.arange(1, count + 1) * (np.log(low + offset) - np.log(high + offset)) / count
    np.testing.assert_allclose(erb_centres(count, low, high)[::-1], np.exp(steps) * (high + offset) - offset)


@pytest.mark.parametrize(("rate", "n_fft"), [(8000, 256), (16000, 400), (44100, 2048)])
def test_the_filters_are_scipys(rate: int, n_fft: int) -> None:
    centres = erb_centres(16, rate / 40, rate / 2)
    bank = gammatone_bank(rate, n_fft, 16, rate / 40, None)
    for centre, weights in zip(centres, bank.T, strict=True):
        wanted = of_scipy(rate, n_fft, centre)
        np.testing.assert_allclose(weights, wanted, rtol=1e-4, atol=1e-5 * wanted.max())


def test_low_filters_have_the_spectrum_of_a_gammatone() -> None:
    rate, centre = 16000, 50.0
    time = np.arange(rate) / rate
    tone = time**3 * np.exp(-2 * np.pi * 1.019 * (24.7 + centre / 9.26449) * time) * np.cos(2 * np.pi * centre * time)
    wanted = np.abs(np.fft.rfft(tone)) ** 2
    found = gammatone_bank(rate, rate, 1, centre, None)[:, 0]
    np.testing.assert_allclose(found, wanted / wanted[50], atol=2e-3)


def test_the_energy_is_that_of_the_filtered_waveform() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((1, 64000)).astype(np.float32)
    found = features(Gammatone(n_bands=8, f_min=300, log=None), noise, 16000).mean(axis=0)
    for centre, energy in zip(erb_centres(8, 300, 8000), found, strict=True):
        heard = scipy.signal.lfilter(*scipy.signal.gammatone(centre, "iir", fs=16000), noise[0])
        window = np.hanning(401)[:400]
        assert energy == pytest.approx(np.mean(heard**2) * np.sum(window**2) * 400 / 2, rel=0.05)


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.parametrize("rate", [8000, 16000])
def test_equals_the_reference_on_a_synthetic_voice(parameters: dict[str, Any], rate: int) -> None:
    stage, samples = Gammatone(**parameters), babble(1.3, rate)
    wanted = reference(stage, samples[0], rate)
    np.testing.assert_allclose(features(stage, samples, rate), wanted, rtol=1e-4, atol=1e-4)


def test_equals_the_reference_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        rate = audio.sample_rate
        stage = Gammatone(n_fft=rate // 40, hop_length=rate // 100, f_min=rate / 20, n_bands=24)
        wanted = reference(stage, audio.samples[0], rate)
        found = features(stage, audio.samples, audio.sample_rate)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4, err_msg=name)


def test_a_tone_is_loudest_in_its_own_band() -> None:
    centres = erb_centres(64, 50, 8000)
    for band in (10, 30, 50):
        tone = np.sin(2 * np.pi * centres[band] * np.arange(16000) / 16000).astype(np.float32)
        assert features(Gammatone(), tone[np.newaxis], 16000)[50].argmax() == band


def test_silence_and_a_single_sample() -> None:
    assert np.all(features(Gammatone(floor=1e-8), np.zeros((1, 1), np.float32), 16000) == np.log(np.float32(1e-8)))


def test_the_frames_are_those_of_log_mel() -> None:
    assert Gammatone().check({"audio": AudioShape(16000, 1, 16001)})["gammatone"] == FeatureShape(64, 100.0, 101)


@pytest.mark.parametrize(
    ("parameters", "shape", "message", "parameter"),
    [
        ({"f_max": 8000}, AudioShape(8000, 1), "f_max 8000 Hz lies above half the sample rate", "f_max"),
        ({"f_min": 5000}, AudioShape(8000, 1), "f_min 5000 Hz leaves nothing", "f_min"),
        ({}, AudioShape(16000, 2), "reads one channel, and 'audio' has 2", "of"),
    ],
)
def test_what_cannot_be_is_found_before_the_run_and_in_it(
    parameters: dict[str, Any], shape: AudioShape, message: str, parameter: str
) -> None:
    stage = Gammatone(**parameters)
    with pytest.raises(ChainError, match=message) as caught:
        stage.check({"audio": shape})
    assert caught.value.parameter == parameter
    assert shape.sample_rate is not None
    assert isinstance(run(stage, np.zeros((shape.channels or 1, 999), np.float32), shape.sample_rate), Rejected)


def test_samples_beyond_float32_are_rejected() -> None:
    verdict = run(Gammatone(), np.full((1, 999), 1e30, np.float32), 16000)
    assert verdict == Rejected("samples too large for a spectrum in float32")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"f_min": 4000, "f_max": 300}, "f_max 300 Hz must lie above f_min 4000 Hz"),
        ({"f_min": 0}, "greater than 0"),
        ({"n_bands": 0}, "greater than or equal to 1"),
    ],
)
def test_parameters_that_make_no_sense(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Gammatone(**parameters)
