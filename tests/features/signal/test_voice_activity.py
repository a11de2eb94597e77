from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from features.example import Audio, Example
from features.signal.voice_activity import VoiceActivity
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import QUICK, run, waveforms

RATE = 16000


def activity(samples: np.ndarray, rate: int = RATE, **parameters: float) -> np.ndarray:
    found = run(VoiceActivity.model_validate(parameters), samples, rate)
    assert isinstance(found, Example)
    return found.features("voice_activity").frames[:, 0]


def voice_in_noise(snr_db: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Four seconds with a voice from 0.5 to 1.5 s and 2.2 to 3.4 s, and the truth for frames of 10 ms."""
    inside = np.zeros(4 * RATE, bool)
    for start, stop in ((0.5, 1.5), (2.2, 3.4)):
        inside[round(start * RATE) : round(stop * RATE)] = True
    time = np.arange(4 * RATE) / RATE
    voice = inside * sum(np.sin(2 * np.pi * 130 * k * time) / k for k in range(1, 12)) * (1 + 0.7 * np.sin(25 * time))
    noise = np.random.default_rng(seed).standard_normal(len(voice))
    noise *= np.sqrt(np.mean(voice[inside] ** 2)) / 10 ** (snr_db / 20)
    return (0.1 * (voice + noise)).astype(np.float32)[np.newaxis], np.append(inside[::160], False)


@pytest.mark.parametrize(("snr_db", "accuracy"), [(40, 0.97), (20, 0.97), (15, 0.95)])
def test_finds_the_voice_in_noise(snr_db: float, accuracy: float) -> None:
    for seed in range(5):
        wave, truth = voice_in_noise(snr_db, seed)
        assert np.mean((activity(wave) > 0) == truth) > accuracy


def test_known_frames() -> None:
    wave = np.zeros((1, RATE), np.float32)
    wave[:, 4000:8000] = 0.1
    wave[:, 10000:10800] = 0.1
    exact = {"frame_length_seconds": 0.01, "min_silence_seconds": 0.0, "min_speech_seconds": 0.0}
    found = activity(wave, **exact)
    assert np.flatnonzero(found).tolist() == [*range(25, 51), *range(63, 68)]
    assert np.flatnonzero(activity(wave, **{**exact, "min_speech_seconds": 0.1})).tolist() == [*range(25, 51)]
    assert np.flatnonzero(activity(wave, **{**exact, "min_silence_seconds": 0.2})).tolist() == [*range(25, 68)]


def test_level_does_not_matter_until_it_is_below_the_floor() -> None:
    wave, _ = voice_in_noise(30)
    assert np.array_equal(activity(wave), activity(wave / 8))
    assert not activity(wave * 1e-4).any()
    assert activity(wave * 1e-4, floor_db=-120).any()


def test_noise_and_a_tone_without_pause_are_not_active() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 2 * RATE)).astype(np.float32)
    assert not activity(noise).any()
    assert not activity(np.ones((1, RATE), np.float32) / 2).any()


def test_on_real_speech_much_is_pause_and_the_loudest_is_not(real_clips: list[tuple[str, Audio]]) -> None:
    spoken = [audio for name, audio in real_clips if name.endswith(".flac") and audio.sample_rate in (16000, 48000)]
    assert spoken
    for audio in spoken:
        found = activity(audio.samples, audio.sample_rate)
        assert 0.02 < found.mean() < 0.98
        loudest = round(int(np.argmax(np.abs(audio.samples[0]))) / audio.sample_rate * 100)
        assert found[loudest] == 1


@given(samples=waveforms())
@QUICK
def test_any_waveform_gives_zeros_and_ones_or_a_verdict(samples: np.ndarray) -> None:
    outcome = run(VoiceActivity(), samples, 8000)
    if isinstance(outcome, Rejected):
        assert outcome.reason == "samples beyond the range of float32"
        return
    assert isinstance(outcome, Example)
    frames = outcome.features("voice_activity").frames
    shape = VoiceActivity().shape(AudioShape(8000, *samples.shape))
    assert shape == FeatureShape(1, 100.0, len(frames))
    assert frames.shape == (len(frames), 1)
    assert set(np.unique(frames)) <= {0, 1}
