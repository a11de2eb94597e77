from __future__ import annotations

import warnings
from typing import Any

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from features.chain import Chain
from features.errors import ChainError
from features.example import Audio, Example
from features.perceptual.log_mel import LogMel
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, librosa_parameters, run

PARAMETERS: list[dict[str, Any]] = [
    {},
    {"n_fft": 256, "hop_length": 80, "n_mels": 40},
    {"n_fft": 1024, "win_length": 400, "hop_length": 256, "n_mels": 64, "f_min": 50, "f_max": 3500},
    {"n_fft": 401, "hop_length": 100, "n_mels": 23, "mel_scale": "htk", "log": "db"},
    {"n_fft": 512, "n_mels": 40, "power": 1, "pad_mode": "reflect"},
    {"n_mels": 20, "power": 1.5, "floor": 1e-5},
    {"n_fft": 512, "n_mels": 40, "window": "hamming", "center": False},
]


def reference(samples: np.ndarray, rate: int, stage: LogMel) -> np.ndarray:
    """What librosa makes of one channel, (frames, n_mels)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_fft=.* is too large")
        mel = librosa.feature.melspectrogram(**librosa_parameters(stage, samples, rate))
    if stage.log == "db":
        return librosa.power_to_db(mel, ref=1.0, amin=stage.floor, top_db=None).T
    return np.log(np.maximum(mel, stage.floor)).T


def features(stage: LogMel, samples: np.ndarray, rate: int) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("log_mel").frames


def compare_energies(found: np.ndarray, wanted: np.ndarray, stage: LogMel, name: str) -> None:
    """librosa transforms in double precision: float32 is off by 1e-7 of the loudest band, in logarithms more."""
    base = np.e if stage.log == "natural" else 10**0.1
    mel, reference = (base ** values.astype(np.float64) for values in (found, wanted))
    np.testing.assert_allclose(mel, reference, rtol=1e-4, atol=1e-7 * reference.max(), err_msg=name)
    assert np.mean(np.abs(found - wanted) > 1e-4 * np.maximum(1, np.abs(wanted))) < 1e-2, name


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.parametrize("rate", [8000, 16000])
def test_equals_librosa_on_a_synthetic_voice(parameters: dict[str, Any], rate: int) -> None:
    stage = LogMel(**parameters)
    samples = babble(1.7, rate)
    np.testing.assert_allclose(features(stage, samples, rate), reference(samples[0], rate, stage), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa_on_real_clips(parameters: dict[str, Any], real_clips: list[tuple[str, Audio]]) -> None:
    stage = LogMel(**parameters)
    compared = 0
    for name, audio in real_clips:
        found = run(stage, audio.samples, audio.sample_rate)
        if isinstance(found, Rejected):
            assert "mel filters" in found.reason, (name, found)  # n_fft is too short for 44.1 kHz
            continue
        wanted = reference(audio.samples[0], audio.sample_rate, stage)
        compare_energies(found.features("log_mel").frames, wanted, stage, name)
        compared += 1
    assert compared >= len(real_clips) // 2


@pytest.mark.parametrize("samples", [1, 2, 50, 199, 200, 399, 400, 401])
def test_shorter_than_a_frame_is_as_in_librosa(samples: int) -> None:
    signal = babble(1.0)[:, 4000 : 4000 + samples]
    found = features(LogMel(), signal, 16000)
    assert found.shape == (1 + samples // 160, 80)
    np.testing.assert_allclose(found, reference(signal[0], 16000, LogMel()), rtol=1e-4, atol=1e-4)


def test_silence_is_the_logarithm_of_the_floor() -> None:
    silence = np.zeros((1, 8000), np.float32)
    assert np.all(features(LogMel(floor=1e-8), silence, 16000) == np.log(np.float32(1e-8)))
    assert features(LogMel(floor=1e-8, log="db"), silence, 16000) == pytest.approx(-80.0, abs=1e-4)


def test_natural_and_db_differ_by_a_factor() -> None:
    samples = babble()
    natural, db = (features(LogMel(log=log), samples, 16000) for log in ("natural", "db"))
    np.testing.assert_allclose(db, natural * (10 / np.log(10)), rtol=1e-6)


def test_the_frames_do_not_depend_on_what_comes_later() -> None:
    samples = babble(10.0)
    whole, half = features(LogMel(), samples, 16000), features(LogMel(), samples[:, :80_000], 16000)
    size = 65536 // 400 * 2
    assert np.array_equal(whole[:size], half[:size])


def test_the_frame_rate_is_kept() -> None:
    found = run(LogMel(hop_length=128), babble(0.2))
    assert isinstance(found, Example)
    assert found.features("log_mel").frame_rate == 8000 / 128


def test_of_and_as_name_the_arrays() -> None:
    stage = LogMel.model_validate({"of": "noisy", "as": "mel_noisy"})
    example = Example("k", arrays={"noisy": Audio(babble(), 16000)})
    outcome = Chain([stage]).run(example)
    assert isinstance(outcome, list)
    assert set(outcome[0].arrays) == {"noisy", "mel_noisy"}
    with pytest.raises(ChainError, match="reads 'noisy', which no stage before it writes"):
        stage.check({"audio": AudioShape()})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (AudioShape(), FeatureShape(80)),
        (AudioShape(16000, 1), FeatureShape(80, 100.0)),
        (AudioShape(16000, 1, 16000), FeatureShape(80, 100.0, 101)),
        (AudioShape(None, None, 1), FeatureShape(80, None, 1)),
    ],
)
def test_the_shape_is_known_as_far_as_what_comes_before(before: AudioShape, after: FeatureShape) -> None:
    assert LogMel().check({"audio": before}) == {"audio": before, "log_mel": after}


@pytest.mark.parametrize(
    ("parameters", "shape", "message", "parameter"),
    [
        ({"f_max": 8000}, AudioShape(8000, 1), "f_max 8000 Hz lies above half the sample rate", "f_max"),
        ({"n_mels": 200}, AudioShape(16000, 1), "mel filters lie between the bins", "n_mels"),
        ({"f_min": 5000}, AudioShape(8000, 1), "f_min 5000 Hz leaves nothing", "f_min"),
        ({}, AudioShape(16000, 2), "reads one channel, and 'audio' has 2", "of"),
    ],
)
def test_what_cannot_be_is_found_before_the_run_and_in_it(
    parameters: dict[str, Any], shape: AudioShape, message: str, parameter: str
) -> None:
    stage = LogMel(**parameters)
    with pytest.raises(ChainError, match=message) as caught:
        stage.check({"audio": shape})
    assert caught.value.parameter == parameter
    assert shape.channels is not None
    assert shape.sample_rate is not None
    verdict = run(stage, np.zeros((shape.channels, 1000), np.float32), shape.sample_rate)
    assert isinstance(verdict, Rejected)


def test_no_samples_and_samples_beyond_float32_are_rejected() -> None:
    assert run(LogMel(), np.zeros((1, 0), np.float32), 16000) == Rejected("no samples")
    for value in (1e30, np.inf, np.nan):
        verdict = run(LogMel(), np.full((1, 999), value, np.float32), 16000)
        assert verdict == Rejected("samples too large for a spectrum in float32")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_fft": 400, "win_length": 512}, "win_length 512 is longer than n_fft 400"),
        ({"f_min": 4000, "f_max": 300}, "f_max 300 Hz must lie above f_min 4000 Hz"),
        ({"floor": 0}, "greater than or equal to 0.0"),
        ({"hop_length": 0}, "greater than or equal to 1"),
        ({"n_mells": 80}, "Extra inputs are not permitted"),
        ({"f_max": float("nan")}, "finite number"),
    ],
)
def test_parameters_that_make_no_sense(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LogMel(**parameters)
