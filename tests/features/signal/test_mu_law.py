from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example
from features.signal.mu_law import MuLaw
from features.stage import AudioShape, Rejected, TokenShape
from tests.features.examples import QUICK, babble, run, waveforms

NO_DRAWS = Draws(0, "mu_law", 0, "key", 0)


def published(samples: np.ndarray) -> np.ndarray:
    """The codes by the formula, in float64."""
    x = torch.from_numpy(samples.astype(np.float64)).clamp(-1, 1)
    companded = torch.sign(x) * torch.log1p(255 * x.abs()) / np.log(256)
    return ((companded + 1) / 2 * 255 + 0.5).floor().to(torch.int32).numpy()


def codes(samples: np.ndarray) -> np.ndarray:
    found = run(MuLaw(), samples)
    assert isinstance(found, Example)
    return found.tokens("mu_law").ids


def test_equals_the_formula_on_signals_and_around_every_threshold() -> None:
    thresholds = (np.arange(1, 256) - 0.5) * 2 / 255 - 1
    edges = np.sign(thresholds) * (256 ** np.abs(thresholds) - 1) / 255
    around = np.concatenate([edges * factor for factor in (1 - 1e-6, 1 + 1e-6, 0.99, 1.01)]).astype(np.float32)
    for samples in (babble(2)[0], around, np.linspace(-1.2, 1.2, 100_001, dtype=np.float32)):
        assert np.array_equal(codes(samples[np.newaxis]), published(samples))


def test_the_documented_levels() -> None:
    assert codes(np.float32([[-9, -1, -1e-9, 0, 1e-9, 1, 9]])).tolist() == [0, 0, 127, 128, 128, 255, 255]


def test_equals_librosa_within_its_rounding_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        samples = np.clip(audio.samples, -1, 1)
        companded = librosa.mu_compress(samples.astype(np.float64), mu=255, quantize=False)
        found = MuLaw(to="audio").transform(audio, NO_DRAWS)
        assert isinstance(found, Audio)
        assert np.abs(found.samples - companded).max() <= 1 / 255 + 1e-6, name
        assert np.array_equal(codes(audio.samples), published(audio.samples[0])), name


@given(samples=waveforms(), to=st.sampled_from(["tokens", "audio"]))
@QUICK
def test_any_waveform_gives_what_is_promised(samples: np.ndarray, to: str) -> None:
    stage = MuLaw.model_validate({"to": to})
    outcome = run(stage, samples)
    if to == "tokens" and len(samples) > 1:
        assert outcome == Rejected("2 channels, and mu_law reads one")
        with pytest.raises(ChainError, match="mu_law reads one channel"):
            stage.shape(AudioShape(8000, 2))
        return
    assert isinstance(outcome, Example)
    array = outcome.arrays["mu_law"].array
    assert array.dtype == (np.int32 if to == "tokens" else np.float32)
    assert array.shape == (samples.shape[1:] if to == "tokens" else samples.shape)
    assert (np.abs(array) <= (255 if to == "tokens" else 1)).all()


def test_the_shape_is_known_before() -> None:
    assert MuLaw().shape(AudioShape(8000, 1, 9)) == TokenShape(256, 8000)
    assert MuLaw(to="audio").shape(AudioShape(8000, 2, 9)) == AudioShape(8000, 2, 9)
