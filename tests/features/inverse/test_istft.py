from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Features
from features.inverse.istft import Istft
from features.spectral.stft import Stft
from features.spectral.windows import window
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import QUICK, babble

DRAWS = Draws(0, "istft", 0, "key", 0)
PARAMETERS: list[dict[str, Any]] = [
    {},
    {"n_fft": 512, "win_length": 320, "hop_length": 128, "window": "hamming"},
    {"n_fft": 1024, "hop_length": 300, "window": "blackman"},
    {"n_fft": 401, "hop_length": 100, "window": "rectangular", "center": False},
    {"n_fft": 256, "hop_length": 200},
]


def spectra(parameters: dict[str, Any], samples: np.ndarray, rate: int = 16000) -> Features:
    found = Stft(**parameters).transform(Audio(samples, rate), DRAWS)
    assert isinstance(found, Features), found
    return found


def waveform(parameters: dict[str, Any], value: Features) -> np.ndarray:
    found = Istft(**parameters).transform(value, DRAWS)
    assert isinstance(found, Audio), found
    promised = Istft(**parameters).shape(FeatureShape(value.frames.shape[1], value.frame_rate, len(value.frames)))
    assert promised == AudioShape(found.sample_rate, *found.samples.shape)
    assert found.samples.dtype == np.float32
    assert found.samples.flags.c_contiguous
    return found.samples


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_undoes_stft(parameters: dict[str, Any], real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in [("babble", Audio(babble(1.2), 16000)), *real_clips[::4]]:
        found = waveform(parameters, spectra(parameters, audio.samples, audio.sample_rate))
        missing = audio.samples.shape[1] - found.shape[1]
        stage = Istft(**parameters)
        assert abs(missing) < stage.hop_length, name
        edge = 0 if stage.center else stage.n_fft
        end = min(found.shape[1], audio.samples.shape[1]) - edge
        np.testing.assert_allclose(found[:, edge:end], audio.samples[:, edge:end], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_what_is_no_transform_of_a_signal_is_inverted_as_librosa_and_torch_do(parameters: dict[str, Any]) -> None:
    stage, rng = Istft(**parameters), np.random.default_rng(0)
    bins = 1 + stage.n_fft // 2
    values = rng.standard_normal((50, bins)) + 1j * rng.standard_normal((50, bins))
    values[:, 0] = values[:, 0].real
    values[:, -1] = values[:, -1].real
    values = values.astype(np.complex64)
    found = waveform(parameters, Features(values.view(np.float32), 16000 / stage.hop_length))[0]
    shape = window(stage.window, stage.win_length or stage.n_fft, stage.n_fft)
    common = {"n_fft": stage.n_fft, "hop_length": stage.hop_length, "center": stage.center}
    inside = slice(None, -stage.n_fft) if stage.center else slice(stage.n_fft, -stage.n_fft)
    of_librosa = librosa.istft(values.T, window=shape, **common)
    assert found.shape == of_librosa.shape
    np.testing.assert_allclose(found[inside], of_librosa[inside], rtol=1e-4, atol=1e-4 * np.abs(of_librosa).max())
    if stage.center:
        of_torch = torch.istft(torch.from_numpy(values.T), window=torch.from_numpy(shape.copy()), **common).numpy()
        np.testing.assert_allclose(found[inside], of_torch[inside], rtol=1e-4, atol=1e-4 * np.abs(of_torch).max())


@given(samples=st.integers(2, 3000), n_fft=st.integers(2, 600), overlap=st.integers(2, 5))
@QUICK
def test_any_length_comes_back_within_a_hop(samples: int, n_fft: int, overlap: int) -> None:
    parameters = {"n_fft": n_fft, "hop_length": max(1, n_fft // overlap)}
    wave = babble(1.0)[:, 5000 : 5000 + samples]
    value = spectra(parameters, wave)
    found = Istft(**parameters).transform(value, DRAWS)
    if isinstance(found, Rejected):
        assert len(value.frames) == 1
        return
    assert 0 <= samples - found.samples.shape[1] + n_fft % 2 <= parameters["hop_length"]
    kept = min(samples, found.samples.shape[1])
    np.testing.assert_allclose(found.samples[:, :kept], wave[:, :kept], atol=1e-4)


def test_what_cannot_be_inverted() -> None:
    one = Features(np.zeros((1, 402), np.float32), 100.0)
    assert Istft().transform(one, DRAWS) == Rejected("1 frames are too few for a waveform")
    loud = Features(np.full((9, 402), 3e38, np.float32), 100.0)
    assert Istft().transform(loud, DRAWS) == Rejected("samples beyond the range of float32")
    with pytest.raises(ChainError, match="istft reads 402 numbers a frame with n_fft 400; 'stft' has 514") as caught:
        Istft().check({"stft": FeatureShape(514)})
    assert caught.value.parameter == "n_fft"
    assert isinstance(Istft().transform(Features(np.zeros((9, 514), np.float32), 100.0), DRAWS), Rejected)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hop_length": 401}, "hop_length 401 leaves samples that no frame of 400 samples holds"),
        ({"hop_length": 400}, "hop_length 400 leaves samples"),  # a Hann window begins with 0
        ({"win_length": 100}, "hop_length 160 leaves samples that no frame of 100 samples holds"),
        ({"win_length": 500}, "win_length 500 is longer than n_fft 400"),
    ],
)
def test_frames_that_do_not_cover_the_signal(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Istft(**parameters)
