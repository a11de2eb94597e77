from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
from pydantic import ValidationError

from features.chain import Chain
from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example
from features.signal.loudness import Loudness, integrated_loudness, k_weighting
from features.signal.true_peak import true_peak
from features.stage import AudioShape, Rejected
from tests.features.examples import babble, run


def tone(level_db: float, seconds: float, rate: int = 48000) -> np.ndarray:
    """The tone of the EBU's test signals, 1 kHz with its peak at a level in dB of full scale."""
    return 10 ** (level_db / 20) * np.sin(2 * np.pi * 1000 * np.arange(round(seconds * rate)) / rate)


def speech_like(seconds: float, rate: int, channels: int = 1) -> np.ndarray:
    """Babble in passages of different levels, with silence between: both gates have something to do."""
    levels = np.repeat([1.0, 0.0, 0.05, 0.5, 0.0005, 0.3], round(seconds * rate / 6) + 1)
    return (babble(seconds, rate, channels=channels) * levels[: round(seconds * rate)]).astype(np.float32)


def reference(samples: np.ndarray, rate: int) -> float:
    """pyloudnorm's, with the filters that are the standard's at 48 kHz."""
    return float(pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples.T.astype(np.float64)))


def test_the_filters_are_those_of_the_standard_at_48_khz() -> None:
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585]
    low_cut = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]
    np.testing.assert_allclose(k_weighting(48000), [shelf, low_cut], atol=1e-9)


@pytest.mark.parametrize(
    "passages",
    [
        [(-23, 20)],
        [(-36, 10), (-23, 60), (-36, 10)],
        [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
        [(-26, 20), (-20, 20.1), (-26, 20)],
    ],
)
def test_stereo_signals_of_ebu_tech_3341(passages: list[tuple[float, float]]) -> None:
    wave = np.concatenate([tone(level, seconds) for level, seconds in passages]).astype(np.float32)
    assert integrated_loudness(np.stack([wave, wave]), 48000) == pytest.approx(-23.0, abs=0.1)


def test_the_surround_signal_of_ebu_tech_3341() -> None:
    wave = np.stack([tone(level, 20) for level in (-28, -28, -24, -30, -30)]).astype(np.float32)
    assert integrated_loudness(wave, 48000) == pytest.approx(-23.0, abs=0.1)
    with_low = np.insert(wave, 3, 1.0, axis=0)  # the low channel does not count
    assert integrated_loudness(with_low, 48000) == integrated_loudness(wave, 48000)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_equals_pyloudnorm(rate: int, channels: int) -> None:
    wave = speech_like(12.3, rate, channels)
    assert integrated_loudness(wave, rate) == pytest.approx(reference(wave, rate), rel=1e-4)


def test_equals_pyloudnorm_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    compared = 0
    for name, audio in real_clips:
        step = audio.sample_rate // 10
        whole = audio.samples[:, : audio.samples.shape[1] // step * step]  # pyloudnorm counts half a step more
        if whole.shape[1] >= 4 * step:
            found = integrated_loudness(whole, audio.sample_rate)
            assert found == pytest.approx(reference(whole, audio.sample_rate), rel=1e-4), name
            compared += 1
    assert compared > 30


@pytest.mark.parametrize("lufs", [-30.0, -16.0])
@pytest.mark.parametrize("seconds", [0.2, 5.0])
def test_the_result_has_the_wanted_loudness(lufs: float, seconds: float) -> None:
    found = run(Loudness(lufs=lufs, true_peak_db=20), babble(seconds, 16000), 16000)
    assert isinstance(found, Example)
    assert integrated_loudness(found.audio().samples, 16000) == pytest.approx(lufs, abs=1e-3)
    before = integrated_loudness(babble(seconds, 16000), 16000)
    notes = found.notes["loudness"]
    assert notes["lufs"] == pytest.approx(before, abs=1e-3)
    assert notes["gain_db"] == pytest.approx(lufs - before, abs=1e-3)


def test_the_true_peak_holds_the_gain_back() -> None:
    wave = 0.001 * babble(2, 16000)
    wave[0, 16000] = 0.05
    found = run(Loudness(lufs=-10, true_peak_db=-3), wave, 16000)
    assert isinstance(found, Example)
    assert 20 * np.log10(true_peak(found.audio().samples)) == pytest.approx(-3, abs=0.01)
    assert integrated_loudness(found.audio().samples, 16000) < -11
    ratio = found.audio().samples[0, 100] / wave[0, 100]
    np.testing.assert_allclose(found.audio().samples, wave * ratio, rtol=1e-5)


@pytest.mark.parametrize("samples", [np.zeros((2, 8000)), np.full((1, 1), 1e-5), tone(-75, 1, 8000)[np.newaxis]])
def test_what_is_silent_is_passed_on(samples: np.ndarray) -> None:
    wave = samples.astype(np.float32)
    found = run(Loudness(), wave, 8000)
    assert isinstance(found, Example)
    assert np.array_equal(found.audio().samples, wave)
    assert "loudness" not in found.notes


def test_one_sample_and_the_largest_float() -> None:
    outcome = run(Loudness(), np.float32([[0.5]]), 8000)
    assert isinstance(outcome, Example)
    assert np.isfinite(outcome.audio().samples).all()
    beyond = Rejected("samples beyond the range of float32")
    assert run(Loudness(), np.full((1, 9000), np.finfo(np.float32).max), 8000) == beyond


def test_a_rate_too_low_for_the_filters() -> None:
    message = "loudness needs a sample rate of 4000 Hz, and audio has 2000"
    with pytest.raises(ChainError, match=message):
        Loudness().shape(AudioShape(2000, 1))
    assert Loudness().transform(Audio(babble(1, 2000), 2000), Draws(0, "", 0, "", 0)) == Rejected(message)


@pytest.mark.parametrize("parameters", [{"lufs": 1}, {"lufs": -71}, {"true_peak_db": float("nan")}])
def test_parameters_that_make_no_sense(parameters: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Chain.parse([{"loudness": parameters}])
