from __future__ import annotations

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from features.errors import ChainError
from features.example import Audio, Example
from features.spatial.level_difference import LevelDifference
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run
from tests.features.spatial.scenes import begun, heard, stft


def levels(stage: LevelDifference, samples: np.ndarray, rate: int = 16000) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("level_difference").frames


def assert_equals_librosa(stage: LevelDifference, samples: np.ndarray, rate: int, name: str = "") -> None:
    """Each pair beside the ratio of librosa's spectra."""
    power = np.abs(stft(samples, stage)) ** 2
    if stage.n_mels:
        power = power @ librosa.filters.mel(sr=rate, n_fft=stage.n_fft, n_mels=stage.n_mels).T
    decibels = 10 * np.log10(np.maximum(power, stage.floor))
    found = np.split(levels(stage, samples, rate), len(stage.pairs), axis=1)
    for (first, second), ours in zip(stage.pairs, found, strict=True):
        loud = heard(power[first]) & heard(power[second])
        assert loud.mean() > 0.1, name
        wanted = decibels[first] - decibels[second]
        np.testing.assert_allclose(ours[loud], wanted[loud], rtol=1e-4, atol=1e-2, err_msg=name)  # 0.1 % of the power


@pytest.mark.parametrize("n_mels", [None, 32])
def test_equals_the_ratio_of_librosas_spectra(n_mels: int | None) -> None:
    samples = np.concatenate([babble(0.8, seed=1), babble(0.8, seed=2), babble(0.8, seed=3)])
    assert_equals_librosa(LevelDifference(n_fft=512, n_mels=n_mels, pairs=((0, 1), (2, 0))), samples, 16000)


@pytest.mark.parametrize("n_mels", [None, 32])
def test_equals_the_ratio_of_librosas_spectra_on_real_clips(
    n_mels: int | None, real_clips: list[tuple[str, Audio]]
) -> None:
    for name, audio in begun(real_clips):
        stereo = np.concatenate([audio.samples[:, 5:], 0.5 * audio.samples[:, :-5]])
        assert_equals_librosa(
            LevelDifference(n_fft=audio.sample_rate // 20, n_mels=n_mels), stereo, audio.sample_rate, name
        )


def test_half_as_loud_is_six_decibels_in_every_band() -> None:
    noise = np.random.default_rng(0).standard_normal(8000).astype(np.float32)
    found = levels(LevelDifference(n_mels=40), np.stack([noise, noise / 2]))
    np.testing.assert_allclose(found, 20 * np.log10(2), rtol=1e-4)


def test_silence_is_no_difference_and_one_silent_side_is_the_floor() -> None:
    noise = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    assert not levels(LevelDifference(), np.zeros((2, 1), np.float32)).any()
    alone = levels(LevelDifference(floor=1.0), np.stack([0 * noise, noise]))
    power = np.abs(stft(noise[np.newaxis], LevelDifference())[0]) ** 2
    np.testing.assert_allclose(alone, -10 * np.log10(np.maximum(power, 1)), rtol=1e-4, atol=1e-4)


def test_too_large_and_no_samples_are_rejected() -> None:
    loud = run(LevelDifference(), np.full((2, 1000), 1e30, np.float32), 16000)
    assert loud == Rejected("samples too large for a spectrum in float32")
    assert isinstance(run(LevelDifference(), np.zeros((2, 0), np.float32), 16000), Rejected)
    assert isinstance(run(LevelDifference(center=False), np.zeros((2, 399), np.float32), 16000), Rejected)


def test_the_shape() -> None:
    before = AudioShape(16000, 2, 16000)
    assert LevelDifference().check({"audio": before})["level_difference"] == FeatureShape(201, 100.0, 101)
    assert LevelDifference(n_mels=30).check({"audio": AudioShape()})["level_difference"] == FeatureShape(30)


@pytest.mark.parametrize(
    ("stage", "shape", "message", "parameter"),
    [
        (LevelDifference(), AudioShape(16000, 1), r"compares channel 1, and 'audio' has 1", "pairs"),
        (LevelDifference(pairs=((0, 4),)), AudioShape(16000, 4), r"compares channel 4, and 'audio' has 4", "pairs"),
        (LevelDifference(n_mels=20, f_max=8000), AudioShape(8000, 2), "f_max 8000 Hz lies above half", "f_max"),
    ],
)
def test_what_cannot_be_is_found_before_the_run_and_in_it(
    stage: LevelDifference, shape: AudioShape, message: str, parameter: str
) -> None:
    with pytest.raises(ChainError, match=message) as caught:
        stage.check({"audio": shape})
    assert caught.value.parameter == parameter
    assert shape.sample_rate is not None
    assert isinstance(run(stage, np.zeros((shape.channels or 1, 999), np.float32), shape.sample_rate), Rejected)


@pytest.mark.parametrize("pairs", [[[1, 1]], [[-1, 0]], [], [[0, 1, 2]]])
def test_pairs_that_are_none(pairs: list[list[int]]) -> None:
    with pytest.raises(ValidationError):
        LevelDifference.model_validate({"pairs": pairs})
