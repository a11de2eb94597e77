from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Features
from features.inverse.mel_to_linear import MelToLinear
from features.perceptual.log_mel import LogMel
from features.stage import FeatureShape, Rejected
from tests.features.examples import babble

DRAWS = Draws(0, "mel_to_linear", 0, "key", 0)
PARAMETERS: list[dict[str, Any]] = [
    {},
    {"n_fft": 512, "hop_length": 128, "n_mels": 40, "log": "db"},
    {"n_fft": 1024, "hop_length": 256, "n_mels": 64, "power": 1, "mel_scale": "htk", "f_min": 50, "f_max": 7000},
]


def log_mel(stage: LogMel, audio: Audio) -> Features:
    found = stage.transform(audio, DRAWS)
    assert isinstance(found, Features), found
    return found


def linear(stage: LogMel, value: Features, **parameters: Any) -> np.ndarray:
    found = MelToLinear(log_mel=stage, **parameters).transform(value, DRAWS)
    assert isinstance(found, Features), found
    assert found.frame_rate == value.frame_rate
    assert found.frames.dtype == np.float32
    assert found.frames.flags.c_contiguous
    assert found.frames.min() >= 0
    return found.frames


def energies(stage: LogMel, magnitude: np.ndarray) -> np.ndarray:
    """What librosa's mel filters hear of a magnitude spectrogram."""
    bank = librosa.filters.mel(
        sr=16000,
        n_fft=stage.n_fft,
        n_mels=stage.n_mels,
        fmin=stage.f_min,
        fmax=stage.f_max,
        htk=stage.mel_scale == "htk",
    )
    return magnitude.astype(np.float64) ** stage.power @ bank.T


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_it_has_the_mel_spectrogram_that_was_read(parameters: dict[str, Any]) -> None:
    stage = LogMel(**parameters)
    value = log_mel(stage, Audio(babble(0.4), 16000))
    wanted = value.frames * (np.log(10) / 10 if stage.log == "db" else 1)
    off = {n: np.abs(np.log(energies(stage, linear(stage, value, n_iter=n))) - wanted).mean() for n in (1, 20, 200)}
    assert off[1] > off[20] > off[200]
    assert off[20] < 0.1  # 0.4 dB
    assert off[200] < 0.01


def test_it_is_nearer_to_the_true_spectrum_than_librosas_least_squares(real_clips: list[tuple[str, Audio]]) -> None:
    stage = LogMel(n_fft=512, hop_length=128)
    for name, whole in [found for found in real_clips if found[1].sample_rate == 16000][-2:]:
        audio = Audio(whole.samples[:, :24000], 16000)
        value = log_mel(stage, audio)
        true = np.abs(librosa.stft(audio.samples[0], n_fft=512, hop_length=128)).T
        theirs = librosa.feature.inverse.mel_to_stft(np.exp(value.frames).T, sr=16000, n_fft=512).T
        ours = linear(stage, value)
        assert ours.shape == true.shape == theirs.shape
        levels = [20 * np.log10(np.maximum(found, 1e-5)) for found in (true, ours, theirs)]
        distance = [np.sqrt(np.mean((level - levels[0]) ** 2, axis=1)).mean() for level in levels[1:]]
        assert distance[0] < 10 < distance[1], name


def test_a_band_alone_stays_in_its_filter() -> None:
    stage = LogMel(n_fft=512, hop_length=128, n_mels=20)
    value = Features(np.full((3, 20), np.log(1e-10), np.float32), 125.0)
    value.frames[:, 7] = 0
    found = linear(stage, value)
    inside = librosa.filters.mel(sr=16000, n_fft=512, n_mels=20)[7] > 0
    assert (found[:, inside] > 0).all()
    assert found[:, ~inside].max() < 0.1 * found.max()
    np.testing.assert_allclose(energies(stage, found)[:, 7], 1, rtol=0.1)


def test_silence_is_nothing_and_levels_of_any_size_are_undone() -> None:
    stage = LogMel(n_fft=512, hop_length=128, n_mels=20, floor=1e-30)
    silence = Features(np.full((3, 20), np.log(1e-30), np.float32), 125.0)
    assert not linear(stage, silence).any()
    flat = linear(stage, Features(np.zeros((3, 20), np.float32), 125.0))
    for level in (-60, 80):
        found = linear(stage, Features(np.full((3, 20), level, np.float32), 125.0))
        np.testing.assert_allclose(found / np.exp(level / 2), flat, rtol=1e-3)
    large = MelToLinear(log_mel=stage).transform(Features(np.full((3, 20), 200, np.float32), 125.0), DRAWS)
    assert large == Rejected("log_mel has values too large for a spectrogram in float32")


def test_the_frames_do_not_depend_on_what_comes_later() -> None:
    stage = LogMel()
    value = log_mel(stage, Audio(babble(3.0), 16000))
    whole = linear(stage, value)
    part = linear(stage, Features(value.frames[:128], value.frame_rate))
    assert np.array_equal(whole[:128], part)


def test_the_shape_and_what_does_not_fit() -> None:
    assert MelToLinear().check({"log_mel": FeatureShape(80, 100.0, 7)})["linear"] == FeatureShape(201, 100.0, 7)
    with pytest.raises(ChainError, match=r"log_mel\.n_mels is 80, and 'log_mel' has 40 bins") as caught:
        MelToLinear().check({"log_mel": FeatureShape(40)})
    assert caught.value.parameter == "log_mel"
    with pytest.raises(ChainError, match="f_max 7000 Hz lies above half the sample rate"):
        MelToLinear(log_mel=LogMel(f_max=7000)).check({"log_mel": FeatureShape(80, 50.0)})
    assert isinstance(MelToLinear().transform(Features(np.zeros((2, 3), np.float32), 100.0), DRAWS), Rejected)
