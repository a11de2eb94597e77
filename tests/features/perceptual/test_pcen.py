from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Features
from features.perceptual.mel_spectrogram import Mel
from features.perceptual.pcen import Pcen
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble

DRAWS = Draws(0, "pcen", 0, "key", 0)
PARAMETERS: list[dict[str, Any]] = [
    {},
    {"time_constant_seconds": 0.06, "gain": 0.8, "bias": 10, "power": 0.25},
    {"gain": 0, "power": 1, "bias": 1e-3},
    {"gain": 1, "floor": 1e-3},
]


def normalized(stage: Pcen, energies: np.ndarray, frame_rate: float = 100.0) -> np.ndarray:
    found = stage.transform(Features(energies, frame_rate), DRAWS)
    assert isinstance(found, Features), found
    assert found.frames.dtype == np.float32
    return found.frames


def of_librosa(stage: Pcen, energies: np.ndarray) -> np.ndarray:
    """librosa's, with its smoother at rest on the first frame; (frames, bins) at 100 frames a second."""
    square = (stage.time_constant_seconds * 100) ** 2
    weight = (np.sqrt(1 + 4 * square) - 1) / (2 * square)
    energies = energies.astype(np.float64).T
    return librosa.pcen(
        energies,
        sr=16000,
        hop_length=160,
        gain=stage.gain,
        bias=stage.bias,
        power=stage.power,
        time_constant=stage.time_constant_seconds,
        eps=stage.floor,
        zi=(1 - weight) * energies[:, :1],
    ).T


def mel(audio: Audio) -> np.ndarray:
    stage = Mel(n_fft=audio.sample_rate // 20, hop_length=audio.sample_rate // 100, n_mels=40)
    found = stage.transform(audio, DRAWS)
    assert isinstance(found, Features), found
    return found.frames


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa_on_a_synthetic_voice(parameters: dict[str, Any]) -> None:
    stage, energies = Pcen(**parameters), mel(Audio(babble(2.0), 16000))
    np.testing.assert_allclose(normalized(stage, energies), of_librosa(stage, energies), rtol=1e-4, atol=1e-12)


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa_on_real_clips(parameters: dict[str, Any], real_clips: list[tuple[str, Audio]]) -> None:
    stage = Pcen(**parameters)
    for name, audio in real_clips:
        energies = mel(audio)
        wanted = of_librosa(stage, energies)
        np.testing.assert_allclose(normalized(stage, energies), wanted, rtol=1e-4, atol=1e-12, err_msg=name)


def test_what_is_steady_is_so_from_the_first_frame() -> None:
    found = normalized(Pcen(gain=1, floor=1e-12), np.full((30, 2), 5.0, np.float32))
    assert found == pytest.approx(np.sqrt(3) - np.sqrt(2), rel=1e-6)


def test_how_loud_a_recording_is_hardly_matters() -> None:
    energies = mel(Audio(babble(1.0), 16000))
    soft, loud = (normalized(Pcen(gain=1, floor=1e-20), energies * np.float32(gain)) for gain in (1, 1e4))
    np.testing.assert_allclose(soft, loud, rtol=1e-4)


def test_silence_and_the_largest_float() -> None:
    assert not normalized(Pcen(), np.zeros((5, 3), np.float32)).any()
    largest = np.full((5, 3), np.finfo(np.float32).max, np.float32)
    assert np.isfinite(normalized(Pcen(gain=0, power=1), largest)).all()
    assert normalized(Pcen(), np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_logarithms_are_refused() -> None:
    verdict = Pcen().transform(Features(np.float32([[-1, 1]]), 100.0), DRAWS)
    assert verdict == Rejected("mel has values below zero, and pcen reads energies")


def test_the_shape_stays_and_a_waveform_is_refused() -> None:
    assert Pcen().check({"mel": FeatureShape(40, 100.0, 7)})["pcen"] == FeatureShape(40, 100.0, 7)
    with pytest.raises(ChainError, match="pcen reads features"):
        Pcen(of="audio").check({"audio": AudioShape(16000, 1)})
