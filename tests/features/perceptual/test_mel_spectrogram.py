from __future__ import annotations

import warnings
from typing import Any

import librosa
import numpy as np
import pytest

from features.example import Audio, Example
from features.perceptual.log_mel import LogMel
from features.perceptual.mel_spectrogram import Mel
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, librosa_parameters, run

PARAMETERS: list[dict[str, Any]] = [
    {},
    {"n_fft": 1024, "win_length": 800, "hop_length": 256, "n_mels": 64, "f_min": 50, "f_max": 3500, "power": 1},
    {"n_fft": 512, "n_mels": 40, "mel_scale": "htk", "window": "blackman", "center": False},
]


def spectrogram(stage: Mel, samples: np.ndarray, rate: int) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("mel").frames


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa(parameters: dict[str, Any]) -> None:
    stage, samples = Mel(**parameters), babble(1.7)
    wanted = librosa.feature.melspectrogram(**librosa_parameters(stage, samples[0], 16000)).T
    np.testing.assert_allclose(spectrogram(stage, samples, 16000), wanted, rtol=1e-4, atol=1e-7 * wanted.max())


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa_on_real_clips(parameters: dict[str, Any], real_clips: list[tuple[str, Audio]]) -> None:
    stage, compared = Mel(**parameters), 0
    for name, audio in real_clips:
        found = run(stage, audio.samples, audio.sample_rate)
        if isinstance(found, Rejected):
            assert "mel filters" in found.reason, (name, found)
            continue
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="n_fft=.* is too large")
            wanted = librosa.feature.melspectrogram(**librosa_parameters(stage, audio.samples[0], audio.sample_rate)).T
        np.testing.assert_allclose(
            found.features("mel").frames, wanted, rtol=1e-4, atol=1e-7 * wanted.max(), err_msg=name
        )
        compared += 1
    assert compared >= len(real_clips) // 2


def test_its_logarithm_is_log_mel() -> None:
    samples = babble(0.3)
    found = run(LogMel(), samples, 16000)
    assert isinstance(found, Example)
    mel = spectrogram(Mel(), samples, 16000)
    assert np.array_equal(np.log(np.maximum(mel, np.float32(1e-10))), found.features("log_mel").frames)


def test_silence_is_zero_and_what_is_too_large_is_rejected() -> None:
    assert not spectrogram(Mel(), np.zeros((1, 500), np.float32), 16000).any()
    assert isinstance(run(Mel(), np.full((1, 500), 3e38, np.float32), 16000), Rejected)


def test_the_shape() -> None:
    assert Mel(n_mels=23).check({"audio": AudioShape(16000, 1, 1600)})["mel"] == FeatureShape(23, 100.0, 11)
