from __future__ import annotations

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from features.draws import Draws
from features.example import Audio, Example
from features.signal.pre_emphasis import PreEmphasis
from features.stage import Rejected
from tests.features.examples import babble, run


def made(coefficient: float, samples: np.ndarray) -> np.ndarray:
    found = run(PreEmphasis(coefficient=coefficient), samples)
    assert isinstance(found, Example)
    return found.audio().samples


def test_known_values() -> None:
    samples = np.float32([[1, 2, -4, 0]])
    assert made(0.5, samples).tolist() == [[1, 1.5, -5, 2]]
    assert made(0, samples).tolist() == samples.tolist()


@pytest.mark.parametrize("coefficient", [0.5, 0.97, 0.999])
def test_equals_librosa(coefficient: float) -> None:
    samples = babble(2, channels=2)
    wanted = librosa.effects.preemphasis(samples.astype(np.float64), coef=coefficient, zi=np.zeros((2, 1)))
    assert np.abs(made(coefficient, samples) - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_equals_librosa_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        wanted = librosa.effects.preemphasis(audio.samples.astype(np.float64), zi=np.zeros((1, 1)))
        found = PreEmphasis().transform(audio, Draws(0, "pre_emphasis", 0, "key", 0))
        assert isinstance(found, Audio)
        assert np.abs(found.samples - wanted).max() <= 1e-5 * np.abs(wanted).max(), name


def test_what_leaves_float32_is_rejected() -> None:
    largest = np.finfo(np.float32).max
    assert run(PreEmphasis(), np.float32([[largest, -largest]])) == Rejected("samples beyond the range of float32")


@pytest.mark.parametrize("coefficient", [-0.1, 1.0])
def test_a_coefficient_that_makes_no_sense(coefficient: float) -> None:
    with pytest.raises(ValidationError, match="coefficient"):
        PreEmphasis(coefficient=coefficient)
