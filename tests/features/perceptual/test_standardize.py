"""Standardize against scikit-learn's scaler, fitted on the same recordings and applied to another one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from features.chain import Chain
from features.draws import Draws
from features.errors import ChainError, FeatureError
from features.example import Audio, Example, Features
from features.fitting import fit
from features.moments import Moments
from features.perceptual.log_mel import LogMel
from features.perceptual.standardize import Standardize
from features.resources import Resources
from features.stage import FeatureShape
from tests.features.examples import babble

DRAWS = Draws(0, "standardize", 0, "key", 0)
MEL = LogMel(n_mels=20)


def frames_of(audio: Audio) -> np.ndarray:
    found = LogMel(n_mels=20).transform(audio, DRAWS)
    assert isinstance(found, Features)
    return found.frames


def bound(train: list[np.ndarray], **parameters: Any) -> Standardize:
    stage = Standardize(**parameters)
    text = stage.fit(Example("a", None, {"log_mel": Features(frames, 100.0)}) for frames in train)
    return stage.bind(Resources({}, {"standardize": text}), "standardize")


def test_it_is_the_scaler_of_scikit_learn(real_clips: list[tuple[str, Audio]]) -> None:
    clips = [frames_of(Audio(babble(1.0, seed=seed), 16000)) for seed in range(3)]
    clips += [frames_of(audio) for _, audio in real_clips]
    *train, heard = clips
    before = heard.copy()
    for parameters, scaler in (({}, StandardScaler()), ({"variance": False}, StandardScaler(with_std=False))):
        found = bound(train, **parameters).transform(Features(heard, 100.0), DRAWS)
        wanted = scaler.fit(np.concatenate(train).astype(np.float64)).transform(heard.astype(np.float64))
        np.testing.assert_allclose(found.frames, wanted, rtol=1e-4, atol=1e-4)
        assert found.frames.dtype == np.float32
        assert found.frame_rate == 100.0
    assert np.array_equal(heard, before)
    everything = np.concatenate(train).astype(np.float64)
    together = bound(train, per_bin=False).transform(Features(heard, 100.0), DRAWS).frames
    np.testing.assert_allclose(together, (heard - everything.mean()) / everything.std(), rtol=1e-4, atol=1e-4)


def test_a_bin_that_is_still_becomes_zero() -> None:
    train = np.stack([np.full(9, 0.1), np.arange(9)], axis=1).astype(np.float32)
    found = bound([train]).transform(Features(train, 100.0), DRAWS).frames
    assert np.all(found[:, 0] == 0)
    assert found[:, 1].std() == pytest.approx(1)


def test_fitting_runs_the_stages_before_it() -> None:
    chain = Chain.parse([{"log_mel": {"n_mels": 20}}, {"standardize": {}}])
    audio = [Audio(babble(1.0, seed=seed), 16000) for seed in range(3)]
    train = [Example(str(number), None, {"audio": one}, split="train") for number, one in enumerate(audio)]
    fitted = fit(chain, lambda: train)
    found = Moments.decode(fitted["standardize"])
    whole = np.concatenate([frames_of(one) for one in audio])
    assert found.frames == len(whole)
    np.testing.assert_allclose(found.mean, whole.mean(0), rtol=1e-5)
    assert fit(chain, list, fitted) == fitted


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(FeatureError, match="no statistics of 'log_mel'"):
        Standardize().bind(Resources({}, {}), "standardize")
    stage = bound([np.zeros((2, 20), np.float32)])
    assert stage.shape(FeatureShape(20)) == FeatureShape(20)
    with pytest.raises(ChainError, match="has 21 bins, and the statistics 20"):
        stage.shape(FeatureShape(21))
