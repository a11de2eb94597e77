from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from features.errors import ChainError
from features.example import Audio, Example
from features.spatial.gcc_phat import GccPhat
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run
from tests.features.spatial.scenes import begun, stft


def likeness(stage: GccPhat, samples: np.ndarray, rate: int = 16000) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("gcc_phat").frames


def of_librosa(stage: GccPhat, samples: np.ndarray) -> np.ndarray:
    """The definition, on librosa's spectra of the first two channels in float64."""
    spectra = stft(samples.astype(np.float64), stage)
    cross = spectra[0].conj() * spectra[1]
    cross /= np.maximum(np.abs(cross), 1e-200)
    lags = np.arange(-stage.max_delay, stage.max_delay + 1)
    return np.fft.irfft(cross, stage.n_fft)[:, lags % stage.n_fft]


@pytest.mark.parametrize("parameters", [{}, {"n_fft": 512, "max_delay": 255}, {"n_fft": 401, "max_delay": 1}], ids=str)
def test_equals_the_definition(parameters: dict[str, int]) -> None:
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((2, 12000)).astype(np.float32)
    stage = GccPhat(**parameters)
    np.testing.assert_allclose(likeness(stage, samples), of_librosa(stage, samples), atol=1e-5)


def test_equals_the_definition_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    rng = np.random.default_rng(0)
    for name, audio in begun(real_clips):  # noise in both, since the phase of what is not there is rounding
        stereo = np.concatenate([audio.samples[:, 5:], 0.5 * audio.samples[:, :-5]])
        stereo += 1e-3 * rng.standard_normal(stereo.shape).astype(np.float32)
        stage = GccPhat(n_fft=1024, hop_length=512)
        found = likeness(stage, stereo, audio.sample_rate)
        np.testing.assert_allclose(found, of_librosa(stage, stereo), atol=1e-4, err_msg=name)


@pytest.mark.parametrize("delay", [-16, -3, 0, 1, 16])
def test_the_peak_is_at_the_delay_of_the_second(delay: int) -> None:
    noise = np.random.default_rng(1).standard_normal(9000).astype(np.float32)
    samples = np.stack([noise[100:8000], noise[100 - delay : 8000 - delay]])
    found = likeness(GccPhat(n_fft=1024), samples)[5:-5]
    assert (found.argmax(axis=1) == 16 + delay).all()
    assert (found.max(axis=1) > 0.5).all()


def test_a_pure_delay_of_zero_is_one_and_silence_is_nothing() -> None:
    voice = babble(0.3)
    found = likeness(GccPhat(max_delay=4), np.concatenate([voice, 0.1 * voice]))
    np.testing.assert_allclose(found[:, 4], 1, atol=1e-4)
    assert not likeness(GccPhat(), np.zeros((2, 1), np.float32)).any()


def test_each_pair_has_its_place() -> None:
    three = np.concatenate([babble(0.2, seed=seed) for seed in range(3)])
    found = likeness(GccPhat(pairs=((0, 1), (1, 2)), max_delay=3), three)
    assert np.array_equal(found[:, :7], likeness(GccPhat(pairs=((0, 1),), max_delay=3), three))
    assert np.array_equal(found[:, 7:], likeness(GccPhat(pairs=((1, 2),), max_delay=3), three))


def test_too_large_is_rejected() -> None:
    verdict = run(GccPhat(), np.full((2, 1000), 1e30, np.float32), 16000)
    assert verdict == Rejected("samples too large for a spectrum in float32")


def test_the_shape_and_what_does_not_fit() -> None:
    assert GccPhat().check({"audio": AudioShape(8000, 2, 800)})["gcc_phat"] == FeatureShape(33, 50.0, 6)
    with pytest.raises(ChainError, match="compares channel 1, and 'audio' has 1"):
        GccPhat().check({"audio": AudioShape(8000, 1)})
    with pytest.raises(ValidationError, match="max_delay 200 is not less than half of n_fft 400"):
        GccPhat(max_delay=200)
