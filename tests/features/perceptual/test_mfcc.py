from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from features.errors import ChainError
from features.example import Audio, Example
from features.perceptual.mfcc import Mfcc
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, librosa_parameters, run

PARAMETERS: list[dict[str, Any]] = [
    {},
    {"n_fft": 256, "hop_length": 80, "n_mels": 40, "n_mfcc": 13, "mel_scale": "htk"},
    {"n_fft": 1024, "win_length": 800, "hop_length": 256, "n_mels": 64, "n_mfcc": 64, "f_min": 50, "f_max": 3500},
    {"n_fft": 512, "n_mels": 26, "n_mfcc": 12, "pad_mode": "reflect", "power": 1},
    {"n_fft": 512, "n_mels": 40, "n_mfcc": 13, "lifter": 22},
]


def reference(samples: np.ndarray, rate: int, stage: Mfcc) -> np.ndarray:
    return librosa.feature.mfcc(n_mfcc=stage.n_mfcc, lifter=stage.lifter, **librosa_parameters(stage, samples, rate)).T


def compare(found: Example, audio: Audio, stage: Mfcc, name: str = "") -> None:
    wanted = reference(audio.samples[0], audio.sample_rate, stage)
    np.testing.assert_allclose(
        found.features("mfcc").frames, wanted, rtol=1e-4, atol=2e-5 * np.abs(wanted).max(), err_msg=name
    )


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.parametrize("rate", [8000, 16000])
def test_equals_librosa_on_a_synthetic_voice(parameters: dict[str, Any], rate: int) -> None:
    stage, audio = Mfcc(**parameters), Audio(babble(1.3, rate), rate)
    found = run(stage, audio.samples, rate)
    assert isinstance(found, Example), found
    compare(found, audio, stage)


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa_on_real_clips(parameters: dict[str, Any], real_clips: list[tuple[str, Audio]]) -> None:
    stage = Mfcc(**parameters)
    compared = 0
    for name, audio in real_clips:
        found = run(stage, audio.samples, audio.sample_rate)
        if isinstance(found, Rejected):
            assert "mel filters" in found.reason, (name, found)
            continue
        compare(found, audio, stage, name)
        compared += 1
    assert compared >= len(real_clips) // 2


def test_top_db_limits_how_deep_it_goes() -> None:
    loud_then_silent = np.concatenate([babble(0.5), np.zeros((1, 8000), np.float32)], axis=1)
    limited, free = (run(Mfcc(top_db=top_db), loud_then_silent, 16000) for top_db in (80.0, None))
    assert isinstance(limited, Example)
    assert isinstance(free, Example)
    # the zeroth coefficient of a flat spectrum is its level times sqrt(n_mels)
    assert free.features("mfcc").frames[-1, 0] == pytest.approx(-100 * np.sqrt(80), rel=1e-5)
    assert limited.features("mfcc").frames[-1, 0] > -80 * np.sqrt(80)


def test_the_shape_has_as_many_bins_as_coefficients() -> None:
    found = Mfcc(n_mfcc=13).check({"audio": AudioShape(16000, 1, 1600)})
    assert found["mfcc"] == FeatureShape(13, 100.0, 11)
    with pytest.raises(ChainError, match="above half the sample rate"):
        Mfcc(f_max=8000).check({"audio": AudioShape(8000, 1)})


def test_more_coefficients_than_filters() -> None:
    with pytest.raises(ValidationError, match="n_mfcc 41 is more than n_mels 40"):
        Mfcc(n_mels=40, n_mfcc=41)


def test_several_channels_are_rejected() -> None:
    assert run(Mfcc(), np.zeros((2, 1000), np.float32), 16000) == Rejected("2 channels, and mfcc reads one")


def test_a_lifter_weighs_the_coefficients_by_a_raised_sine() -> None:
    plain, liftered = (run(Mfcc(n_mfcc=5, lifter=lifter), babble(0.3), 16000) for lifter in (0, 4))
    assert isinstance(plain, Example)
    assert isinstance(liftered, Example)
    ratio = liftered.features("mfcc").frames / plain.features("mfcc").frames
    half = 1 + np.sqrt(2)
    np.testing.assert_allclose(ratio, np.tile([half, 3, half, 1, 2 - half], (len(ratio), 1)), rtol=1e-4, atol=1e-6)


def test_without_top_db_the_coefficients_are_the_same_where_nothing_lies_so_deep() -> None:
    limited, free = (run(Mfcc(top_db=top_db), babble(0.5), 16000) for top_db in (300.0, None))
    assert isinstance(limited, Example)
    assert isinstance(free, Example)
    np.testing.assert_allclose(limited.features("mfcc").frames, free.features("mfcc").frames, rtol=1e-5, atol=1e-4)
