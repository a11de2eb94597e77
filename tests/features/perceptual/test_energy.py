from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest

from features.example import Audio, Example
from features.perceptual.energy import Energy
from features.perceptual.log_mel import LogMel
from features.stage import AudioShape, FeatureShape
from tests.features.examples import babble, run


def energy(stage: Energy, samples: np.ndarray, rate: int = 16000) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("energy").frames[:, 0]


def of_librosa(stage: Energy, samples: np.ndarray) -> np.ndarray:
    return librosa.feature.rms(
        y=samples, frame_length=stage.frame_length, hop_length=stage.hop_length, pad_mode=stage.pad_mode
    )[0]


@pytest.mark.parametrize(
    "parameters",
    [{}, {"frame_length": 1024, "hop_length": 256, "pad_mode": "reflect"}, {"frame_length": 401, "hop_length": 7}],
    ids=str,
)
def test_the_rms_is_librosas(parameters: dict[str, Any]) -> None:
    stage, samples = Energy(**parameters), babble(1.1)
    np.testing.assert_allclose(energy(stage, samples), of_librosa(stage, samples[0]), rtol=1e-5)


def test_the_rms_is_librosas_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        wanted = of_librosa(Energy(), audio.samples[0])
        found = energy(Energy(), audio.samples, audio.sample_rate)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-7, err_msg=name)


def test_exact_values() -> None:
    samples = np.float32([[3, 4, 0, 0]])
    stage = Energy(frame_length=2, hop_length=2)  # frames: [0 3], [4 0], [0 0]
    assert energy(stage, samples).tolist() == np.sqrt(np.float32([4.5, 8, 0])).tolist()
    logs = energy(stage.model_copy(update={"measure": "log_sum", "floor": 1e-3}), samples)
    assert logs.tolist() == pytest.approx([np.log(9), np.log(16), np.log(1e-3)])
    decibels = energy(stage.model_copy(update={"measure": "db", "floor": 1e-3}), samples)
    assert decibels.tolist() == pytest.approx([10 * np.log10(4.5), 10 * np.log10(8), -60])


@pytest.mark.parametrize("measure", ["rms", "db", "log_sum"])
def test_the_largest_float_has_an_energy(measure: str) -> None:
    largest = np.finfo(np.float32).max
    found = energy(Energy.model_validate({"measure": measure}), np.full((1, 2000), largest, np.float32))
    wanted = {"rms": largest, "db": 20 * np.log10(largest), "log_sum": np.log(400) + 2 * np.log(largest)}
    assert found[5] == pytest.approx(float(wanted[measure]), rel=1e-6)


@pytest.mark.parametrize("samples", [1, 159, 160, 12345])
def test_the_frames_are_those_of_log_mel(samples: int) -> None:
    before = {"audio": AudioShape(16000, 1, samples)}
    mel, loud = LogMel().check(before)["log_mel"], Energy().check(before)["energy"]
    assert isinstance(mel, FeatureShape)
    assert loud == FeatureShape(1, mel.frame_rate, mel.frames)
