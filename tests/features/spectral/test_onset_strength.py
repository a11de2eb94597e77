from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest

from features.draws import Draws
from features.example import Audio, Example
from features.spectral.onset_strength import OnsetStrength
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, librosa_parameters, run

PARAMETERS: list[dict[str, Any]] = [
    {"n_mels": 40, "n_fft": 1024},
    {"n_mels": 23, "n_fft": 2048, "hop_length": 512, "f_max": 3000, "mel_scale": "htk"},
    {"n_mels": 40, "n_fft": 1024, "center": False, "window": "hamming"},
]


def strength(stage: OnsetStrength, samples: np.ndarray, rate: int = 16000) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("onset_strength").frames[:, 0]


def of_librosa(stage: OnsetStrength, samples: np.ndarray, rate: int) -> np.ndarray:
    mel = librosa.feature.melspectrogram(**librosa_parameters(stage, samples, rate))
    frames = {"n_fft": stage.n_fft, "hop_length": stage.hop_length, "center": stage.center}
    return librosa.onset.onset_strength(S=librosa.power_to_db(mel), sr=rate, **frames)


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa(parameters: dict[str, Any]) -> None:
    stage, samples = OnsetStrength(**parameters), babble(1.3)
    wanted = of_librosa(stage, samples[0], 16000)
    np.testing.assert_allclose(strength(stage, samples), wanted, rtol=1e-4, atol=1e-4 * wanted.max())


def test_equals_librosa_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    stage = OnsetStrength(**PARAMETERS[0])
    for name, audio in real_clips:
        found = strength(stage, audio.samples, audio.sample_rate)
        wanted = of_librosa(stage, audio.samples[0], audio.sample_rate)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * wanted.max(), err_msg=name)


@pytest.mark.parametrize("n_fft", [400, 1024])
def test_it_peaks_where_a_sound_begins(n_fft: int) -> None:
    samples = np.zeros((1, 16000), np.float32)
    samples[0, 8000:] = babble(0.5)[0]
    assert abs(int(strength(OnsetStrength(n_fft=n_fft, n_mels=40), samples).argmax()) - 50) <= 1


def test_what_stays_or_falls_has_no_onset() -> None:
    assert not strength(OnsetStrength(), np.zeros((1, 4000), np.float32)).any()
    falling = np.exp(-np.arange(8000) / 1000) * np.sin(np.arange(8000))
    assert strength(OnsetStrength(), falling[np.newaxis].astype(np.float32))[10:45].max() < 1e-3


def test_one_frame_and_the_depth() -> None:
    assert strength(OnsetStrength(), np.ones((1, 1), np.float32)).tolist() == [0.0]
    samples = np.concatenate([np.zeros((1, 4000), np.float32), babble(0.5)], axis=1)
    assert strength(OnsetStrength(top_db=30), samples).max() < strength(OnsetStrength(top_db=None), samples).max()


def test_the_shape_and_what_cannot_be() -> None:
    assert OnsetStrength().check({"audio": AudioShape(16000, 1, 1600)})["onset_strength"] == FeatureShape(1, 100.0, 11)
    assert OnsetStrength().stream(AudioShape(16000, 1), Draws(0, "onset_strength", 0, "key", 0)) is None
    assert isinstance(run(OnsetStrength(), np.full((1, 500), 3e38, np.float32), 16000), Rejected)
