from __future__ import annotations

import librosa
import numpy as np
import pytest

from features.errors import ChainError
from features.example import Audio, Example
from features.spatial.phase_difference import PhaseDifference
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run
from tests.features.spatial.scenes import begun, heard, stft


def phases(stage: PhaseDifference, samples: np.ndarray, rate: int = 16000) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("phase_difference").frames


def assert_equals_librosa(stage: PhaseDifference, samples: np.ndarray, rate: int, name: str = "") -> None:
    """The first two channels beside the angle between librosa's spectra."""
    spectra = stft(samples.astype(np.float64), stage)
    cross = spectra[0] * spectra[1].conj()
    size = np.abs(cross)
    if stage.n_mels:
        bank = librosa.filters.mel(sr=rate, n_fft=stage.n_fft, n_mels=stage.n_mels).T
        cross, size = cross @ bank, size @ bank
    clear = heard(size) & (np.abs(cross) > 0.1 * size)  # bins that cancel leave an angle of rounding
    assert clear.mean() > 0.1, name
    wanted = cross[clear] / np.abs(cross[clear])
    cosine, sine = np.split(phases(stage, samples, rate), 2, axis=1)
    np.testing.assert_allclose(cosine[clear] + 1j * sine[clear], wanted, atol=1e-3, err_msg=name)
    angle = phases(stage.model_copy(update={"output": "angle"}), samples, rate)
    np.testing.assert_allclose(np.exp(1j * angle[clear]), wanted, atol=1e-3, err_msg=name)


@pytest.mark.parametrize("n_mels", [None, 32])
def test_equals_the_angle_between_librosas_spectra(n_mels: int | None) -> None:
    samples = np.concatenate([babble(0.8, seed=1), babble(0.8, seed=2)])
    assert_equals_librosa(PhaseDifference(n_fft=512, n_mels=n_mels), samples, 16000)


@pytest.mark.parametrize("n_mels", [None, 32])
def test_equals_the_angle_between_librosas_spectra_on_real_clips(
    n_mels: int | None, real_clips: list[tuple[str, Audio]]
) -> None:
    for name, audio in begun(real_clips):
        stereo = np.concatenate([audio.samples[:, 5:], 0.5 * audio.samples[:, :-5]])
        assert_equals_librosa(
            PhaseDifference(n_fft=audio.sample_rate // 20, n_mels=n_mels), stereo, audio.sample_rate, name
        )


def test_a_delay_turns_the_phase_in_proportion_to_frequency() -> None:
    noise = np.random.default_rng(0).standard_normal(20000).astype(np.float32)
    late = np.stack([noise[2:], noise[:-2]])
    found = phases(PhaseDifference(n_fft=4096, output="angle"), late)[30:50]
    turned = np.angle(np.exp(1j * found).mean(axis=0))
    np.testing.assert_allclose(turned[20:900], 2 * np.pi * np.arange(20, 900) / 4096 * 2, atol=0.05)


def test_each_pair_has_its_place() -> None:
    three = np.concatenate([babble(0.2, seed=seed) for seed in range(3)])
    stage = PhaseDifference(pairs=((0, 1), (2, 1)), n_mels=8)
    found = phases(stage, three)
    assert np.array_equal(found[:, :16], phases(stage.model_copy(update={"pairs": ((0, 1),)}), three))
    assert np.array_equal(found[:, 16:], phases(stage.model_copy(update={"pairs": ((2, 1),)}), three))


def test_silence_has_the_angle_zero() -> None:
    assert not phases(PhaseDifference(output="angle"), np.zeros((2, 1), np.float32)).any()
    found = phases(PhaseDifference(), np.zeros((2, 500), np.float32))
    assert (found[:, :201] == 1).all()
    assert not found[:, 201:].any()


def test_too_large_is_rejected() -> None:
    verdict = run(PhaseDifference(), np.full((2, 1000), 1e30, np.float32), 16000)
    assert verdict == Rejected("samples too large for a spectrum in float32")


def test_the_shape() -> None:
    before = {"audio": AudioShape(16000, 3, 16000)}
    assert PhaseDifference().check(before)["phase_difference"] == FeatureShape(402, 100.0, 101)
    stage = PhaseDifference(output="angle", pairs=((0, 1), (0, 2)))
    assert stage.check(before)["phase_difference"] == FeatureShape(402, 100.0, 101)
    with pytest.raises(ChainError, match="compares channel 3"):
        PhaseDifference(pairs=((0, 3),)).check(before)
