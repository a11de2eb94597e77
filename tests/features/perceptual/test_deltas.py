from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from features.chain import Chain
from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example, Features
from features.perceptual.deltas import Deltas
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import QUICK, babble

DRAWS = Draws(0, "deltas", 0, "key", 0)


def deltas(frames: np.ndarray, **parameters: int) -> np.ndarray:
    found = Deltas(of="mfcc", **parameters).transform(Features(np.float32(frames), 100.0), DRAWS)
    assert isinstance(found, Features), found
    assert found.frame_rate == 100.0
    return found.frames


@given(
    frames=st.integers(3, 60),
    bins=st.integers(1, 8),
    half=st.integers(1, 8),
    seed=st.integers(0, 9),
)
@QUICK
def test_equals_librosa(frames: int, bins: int, half: int, seed: int) -> None:
    width = min(2 * half + 1, frames - (frames + 1) % 2)
    data = np.random.default_rng(seed).standard_normal((frames, bins)).astype(np.float32) * 100
    found = deltas(data, width=width)
    assert np.array_equal(found[:, :bins], data)
    for order in (1, 2):
        wanted = librosa.feature.delta(data.T, width=width, order=order).T
        part = found[:, order * bins : (order + 1) * bins]
        np.testing.assert_allclose(part, wanted, rtol=1e-4, atol=1e-5 * np.abs(data).max())


def test_equals_librosa_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    chain = Chain.parse([{"mfcc": {"n_mels": 40, "n_fft": 1024}}, {"deltas": {"of": "mfcc", "as": "all"}}])
    for name, audio in real_clips:
        outcome = chain.run(Example("k", arrays={"audio": audio}))
        assert isinstance(outcome, list), name
        mfcc, found = (outcome[0].features(array).frames for array in ("mfcc", "all"))
        parts = [mfcc, *(librosa.feature.delta(mfcc.T, order=order).T for order in (1, 2))]
        np.testing.assert_allclose(found, np.concatenate(parts, axis=1), rtol=1e-4, atol=1e-3, err_msg=name)


def test_a_line_and_a_parabola_have_their_derivatives_up_to_the_ends() -> None:
    t = np.arange(12.0)
    found = deltas(np.stack([3 * t + 1, t**2], axis=1))
    assert found[:, 2] == pytest.approx(3, abs=1e-5)
    assert found[:, 4] == pytest.approx(0, abs=1e-5)
    assert found[:, 5] == pytest.approx(2, abs=1e-5)
    assert found[4:-4, 3] == pytest.approx(2 * t[4:-4], abs=1e-4)


def test_fewer_frames_than_the_width_are_fitted_as_they_are() -> None:
    assert deltas([[1.0]]).tolist() == [[1, 0, 0]]
    assert deltas([[1.0], [4.0]]).tolist() == [[1, 3, 0], [4, 3, 0]]
    assert deltas([[0.0], [1.0], [4.0]]) == pytest.approx(np.array([[0, 2, 2], [1, 2, 2], [4, 2, 2]]), abs=1e-6)


def test_the_first_order_alone_replaces_what_was_read_or_is_put_beside_it() -> None:
    chain = [{"mfcc": {"n_mfcc": 13, "n_mels": 40}}, {"deltas": {"of": "mfcc", "order": 1}}]
    outcome = Chain.parse(chain).run(Example("k", arrays={"audio": Audio(babble(), 16000)}))
    assert isinstance(outcome, list)
    assert outcome[0].features("mfcc").frames.shape == (101, 26)
    assert Chain.parse(chain).check({"audio": AudioShape(16000, 1, 16000)})["mfcc"] == FeatureShape(26, 100.0, 101)


def test_what_cannot_be() -> None:
    with pytest.raises(ValidationError, match="width 4 has no frame in the middle"):
        Deltas(of="mfcc", width=4)
    with pytest.raises(ValidationError, match="of\n  Field required"):
        Deltas()
    with pytest.raises(ChainError, match="deltas reads features, and 'audio' is none"):
        Deltas(of="audio").check({"audio": AudioShape(16000, 1)})
    huge = Features(np.float32([[3e38], [-3e38], [3e38]]), 1.0)
    assert Deltas(of="mfcc").transform(huge, DRAWS) == Rejected("features too large")
