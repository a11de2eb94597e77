from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from pydantic import ValidationError

from features.draws import Draws
from features.example import Audio, Features
from features.perceptual.log_mel import LogMel
from features.perceptual.normalize_features import NormalizeFeatures
from features.stage import FeatureShape
from tests.features.examples import babble

DRAWS = Draws(0, "normalize_features", 0, "key", 0)


def normalized(frames: np.ndarray, **parameters: Any) -> np.ndarray:
    before = frames.copy()
    found = NormalizeFeatures(**parameters).transform(Features(frames, 100.0), DRAWS).frames
    assert np.array_equal(frames, before)
    assert found.dtype == np.float32
    return found


def one_by_one(frames: np.ndarray, count: int, *, mean: bool, variance: bool) -> np.ndarray:
    """The definition: for each frame the `count` around it, moved so that all lie inside."""
    rows = []
    for at in range(len(frames)):
        first = min(max(at - count // 2, 0), len(frames) - count)
        window = frames[first : first + count].astype(np.float64)
        row = frames[at] - window.mean(axis=0) if mean else frames[at]
        rows.append(row / window.std(axis=0) if variance else row)
    return np.stack(rows)


def spectra(audio: Audio) -> np.ndarray:
    stage = LogMel(n_fft=audio.sample_rate // 20, hop_length=audio.sample_rate // 100, n_mels=40)
    found = stage.transform(audio, DRAWS)
    assert isinstance(found, Features), found
    return found.frames


def test_the_whole_is_scipys_zscore(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in [*real_clips, ("babble", Audio(babble(2.0), 16000))]:
        frames = spectra(audio)
        wanted = scipy.stats.zscore(frames.astype(np.float64), axis=0)
        np.testing.assert_allclose(normalized(frames), wanted, rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("count", [2, 7, 30, 101])
@pytest.mark.parametrize(("mean", "variance"), [(True, True), (True, False), (False, True)])
def test_a_window_slides_and_stays_inside(count: int, mean: bool, variance: bool) -> None:
    frames = spectra(Audio(babble(1.0), 16000))
    wanted = one_by_one(frames, count, mean=mean, variance=variance)
    found = normalized(frames, window_seconds=count / 100, mean=mean, variance=variance)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_a_window_longer_than_the_example_is_the_whole() -> None:
    frames = spectra(Audio(babble(0.3), 16000))
    assert np.array_equal(normalized(frames, window_seconds=60), normalized(frames))


def test_a_bin_that_is_still_becomes_zero_and_the_others_do_not_care() -> None:
    frames = np.random.default_rng(0).standard_normal((50, 3)).astype(np.float32)
    frames[:, 1] = -23.025851
    for parameters in ({}, {"window_seconds": 0.1}, {"mean": False}):
        found = normalized(frames, **parameters)
        assert found[:, 1].tobytes() == bytes(200)
        assert found[:, [0, 2]].all()


def test_a_single_frame_is_all_mean() -> None:
    assert normalized(np.float32([[3, -4]])).tolist() == [[0, 0]]
    assert normalized(np.float32([[3, -4]]), window_seconds=0.001, variance=False).tolist() == [[0, 0]]
    assert normalized(np.empty((0, 4), np.float32)).shape == (0, 4)


def test_the_shape_stays_under_the_same_name() -> None:
    assert NormalizeFeatures().check({"log_mel": FeatureShape(80, 100.0)}) == {"log_mel": FeatureShape(80, 100.0)}


def test_nothing_to_do_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="nothing is normalised"):
        NormalizeFeatures(mean=False, variance=False)
