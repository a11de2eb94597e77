from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from features.example import Audio, Example
from features.spectral.chroma import Chroma
from features.spectral.chroma_cqt import ChromaCqt
from features.stage import AudioShape, FeatureShape, Rejected, Stage
from tests.features.examples import babble, run

STFT: list[dict[str, Any]] = [
    {},
    {"n_fft": 1024, "hop_length": 300, "n_chroma": 24, "tuning": 0.2},
    {"n_fft": 513, "n_chroma": 7, "window": "hamming", "center": False},
]
CQT: list[dict[str, Any]] = [
    {"n_bins": 180},
    {"f_min": 110.0, "n_bins": 90, "bins_per_octave": 24, "hop_length": 256},
    {"f_min": 140.0, "n_bins": 40, "bins_per_octave": 24, "n_chroma": 24},
]


def classes(stage: Stage, audio: Audio) -> np.ndarray:
    found = run(stage, audio.samples, audio.sample_rate)
    assert isinstance(found, Example), found
    return found.features(stage.name).frames


def of_stft(stage: Chroma, audio: Audio) -> np.ndarray:
    return librosa.feature.chroma_stft(
        y=audio.samples[0],
        sr=audio.sample_rate,
        n_fft=stage.n_fft,
        hop_length=stage.hop_length,
        window=stage.window,
        center=stage.center,
        n_chroma=stage.n_chroma,
        tuning=stage.tuning,
    ).T


def from_cqt(stage: ChromaCqt, audio: Audio) -> float:
    """The largest difference from librosa, but where a frame is almost silent: there, dividing by its largest class
    shows the rounding of float32.
    """
    spectrum = np.abs(
        librosa.cqt(
            audio.samples[0],
            sr=audio.sample_rate,
            hop_length=stage.hop_length,
            fmin=stage.f_min,
            n_bins=stage.n_bins,
            bins_per_octave=stage.bins_per_octave,
        )
    )
    wanted = librosa.feature.chroma_cqt(
        C=spectrum, fmin=stage.f_min, bins_per_octave=stage.bins_per_octave, n_chroma=stage.n_chroma
    ).T
    found = classes(stage, audio)
    heard = (spectrum.max(axis=0) > 1e-3 * spectrum.max())[: len(found)]
    return float(np.abs(found - wanted[: len(found)])[heard].max())


@pytest.mark.parametrize("parameters", STFT, ids=str)
def test_equals_librosa(parameters: dict[str, Any]) -> None:
    stage, audio = Chroma(**parameters), Audio(babble(1.3), 16000)
    assert np.abs(classes(stage, audio) - of_stft(stage, audio)).max() <= 1e-4


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
def test_equals_librosa_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        assert np.abs(classes(Chroma(), audio) - of_stft(Chroma(), audio)).max() <= 1e-4, name


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
@pytest.mark.parametrize("parameters", CQT, ids=str)
def test_from_the_constant_q_transform_it_equals_librosa(parameters: dict[str, Any]) -> None:
    assert from_cqt(ChromaCqt(**parameters), Audio(babble(1.3), 16000)) <= 1e-4


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
def test_from_the_constant_q_transform_it_equals_librosa_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips[::4]:
        assert from_cqt(ChromaCqt(n_bins=180), audio) <= 1e-4, name


@pytest.mark.parametrize("stage", [Chroma(), ChromaCqt()], ids=lambda stage: stage.name)
def test_a_chord_in_any_octave_has_its_pitch_classes(stage: Stage) -> None:
    time = np.arange(16000) / 16000
    for octave in (1, 2, 4):
        notes = [octave * 220 * 2 ** (semitones / 12) for semitones in (0, 3, 7)]  # A minor
        chord = sum(np.sin(2 * np.pi * hz * time) for hz in notes)
        found = classes(stage, Audio(0.3 * chord[np.newaxis].astype(np.float32), 16000))[15]
        assert sorted(np.argsort(found)[-3:]) == [0, 4, 9]
        assert found.max() == 1


@pytest.mark.parametrize("stage", [Chroma(), ChromaCqt()], ids=lambda stage: stage.name)
def test_silence_has_no_pitch_and_what_is_too_large_is_rejected(stage: Stage) -> None:
    assert not classes(stage, Audio(np.zeros((1, 3000), np.float32), 16000)).any()
    loud = (np.finfo(np.float32).max * np.sign(babble(0.2))).astype(np.float32)
    assert run(stage, loud, 16000) == Rejected("samples too large for a spectrum in float32")


def test_the_shapes_and_what_cannot_be() -> None:
    before = {"audio": AudioShape(16000, 1, 16000)}
    assert Chroma(n_chroma=24).check(before)["chroma"] == FeatureShape(24, 31.25, 32)
    assert ChromaCqt().check(before)["chroma_cqt"] == FeatureShape(12, 31.25, 32)
    with pytest.raises(ValidationError, match="bins_per_octave 20 is no multiple of n_chroma 12"):
        ChromaCqt(bins_per_octave=20)
