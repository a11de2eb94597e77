from __future__ import annotations

import librosa
import numpy as np
import pytest

from features.chain import Chain
from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example, Features
from features.spectral.tempogram import Tempogram
from features.stage import AudioShape, FeatureShape, Rejected

DRAWS = Draws(0, "tempogram", 0, "key", 0)


def tempogram(envelope: np.ndarray, win_length: int = 384) -> np.ndarray:
    found = Tempogram(win_length=win_length).transform(Features(np.float32(envelope)[:, np.newaxis], 100.0), DRAWS)
    assert isinstance(found, Features), found
    return found.frames


@pytest.mark.parametrize("win_length", [2, 11, 100, 384])
@pytest.mark.parametrize("frames", [1, 2, 99, 300])
def test_equals_librosa(frames: int, win_length: int) -> None:
    envelope = np.random.default_rng(frames).random(frames).astype(np.float32)
    wanted = librosa.feature.tempogram(onset_envelope=envelope, win_length=win_length).T
    np.testing.assert_allclose(tempogram(envelope, win_length), wanted, rtol=1e-4, atol=1e-6)


def test_equals_librosa_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    chain = Chain.parse([{"onset_strength": {"n_fft": 1024, "n_mels": 40}}, {"tempogram": {"win_length": 200}}])
    for name, audio in real_clips[::3]:
        outcome = chain.run(Example("k", arrays={"audio": audio}))
        assert isinstance(outcome, list), name
        envelope = outcome[0].features("onset_strength").frames[:, 0]
        wanted = librosa.feature.tempogram(onset_envelope=envelope, win_length=200).T
        np.testing.assert_allclose(outcome[0].features("tempogram").frames, wanted, atol=1e-4, err_msg=name)


def test_what_repeats_each_20_frames_peaks_at_a_lag_of_20() -> None:
    beats = np.zeros(400)
    beats[5::20] = 3.0
    found = tempogram(beats, 100)
    assert np.all(found[100:300].argsort(axis=1)[:, -1] == 0)
    assert np.all(found[100:300, 1:].argmax(axis=1) == 19)
    assert np.all(found[:, 0] == 1)


def test_silence_is_zero() -> None:
    assert not tempogram(np.zeros(50), 20).any()
    assert np.isfinite(tempogram(np.full(50, np.finfo(np.float32).max), 20)).all()


def test_the_shape_and_what_cannot_be() -> None:
    chain = Chain.parse([{"onset_strength": {}}, {"tempogram": {"win_length": 50}}])
    assert chain.check({"audio": AudioShape(16000, 1, 16000)})["tempogram"] == FeatureShape(50, 100.0, 101)
    with pytest.raises(ChainError, match="tempogram reads one bin, and 'mel' has 80"):
        Tempogram(of="mel").check({"mel": FeatureShape(80)})
    two, none = (Features(np.zeros(shape, np.float32), 1.0) for shape in ((3, 2), (0, 1)))
    assert Tempogram().transform(two, DRAWS) == Rejected("2 bins, and tempogram reads one")
    assert Tempogram().transform(none, DRAWS) == Rejected("no frames")
