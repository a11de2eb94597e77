from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from features.chain import Chain
from features.example import Audio, Example
from features.inverse.de_emphasis import DeEmphasis
from features.stage import Rejected
from tests.features.examples import QUICK, babble, run


def made(coefficient: float, samples: np.ndarray) -> np.ndarray:
    found = run(DeEmphasis(coefficient=coefficient), samples)
    assert isinstance(found, Example)
    return found.audio().samples


def there_and_back(samples: np.ndarray, coefficient: float, rate: int = 8000) -> np.ndarray:
    described = [{name: {"coefficient": coefficient}} for name in ("pre_emphasis", "de_emphasis")]
    (found,) = Chain.parse(described).run(Example("a", arrays={"audio": Audio(samples, rate)}))
    assert isinstance(found, Example)
    return found.audio().samples


def test_known_values() -> None:
    assert made(0.5, np.float32([[1, 1.5, -5, 2]])).tolist() == [[1, 2, -4, 0]]
    assert made(0, np.float32([[1, -2]])).tolist() == [[1, -2]]


@pytest.mark.parametrize("coefficient", [0.5, 0.97, 0.999])
def test_equals_librosa(coefficient: float) -> None:
    samples = babble(2, channels=2)
    wanted = librosa.effects.deemphasis(samples.astype(np.float64), coef=coefficient, zi=np.zeros((2, 1)))
    assert np.abs(made(coefficient, samples) - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_real_clips_come_back(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        back = there_and_back(audio.samples, 0.97, audio.sample_rate)
        assert np.abs(back - audio.samples).max() <= 1e-5 * np.abs(audio.samples).max(), name


@given(samples=st.integers(1, 400), coefficient=st.floats(0, 0.999), seed=st.integers(0, 99))
@QUICK
def test_any_wave_comes_back(samples: int, coefficient: float, seed: int) -> None:
    wave = np.random.default_rng(seed).uniform(-1, 1, (2, samples)).astype(np.float32)
    assert np.abs(there_and_back(wave, coefficient) - wave).max() < 1e-4


def test_what_leaves_float32_is_rejected() -> None:
    largest = np.finfo(np.float32).max
    for samples in ([[largest, largest]], [[1, 1, 1], [largest, largest, -largest]]):
        assert run(DeEmphasis(), np.float32(samples)) == Rejected("samples beyond the range of float32")


@pytest.mark.parametrize("coefficient", [-0.1, 1.0])
def test_a_coefficient_that_makes_no_sense(coefficient: float) -> None:
    with pytest.raises(ValidationError, match="coefficient"):
        DeEmphasis(coefficient=coefficient)
