"""The baseline vocoder: as long as it should be, and near what it was given."""

from __future__ import annotations

import numpy as np
import pytest

from features.draws import Draws
from features.example import Audio
from features.perceptual.log_mel import LogMel
from tests.features.examples import babble
from training.errors import PredictError
from training.synthesis.griffin_lim import griffin_lim
from training.synthesis.mel_spec import MelSpec

STAGE = LogMel(n_fft=256, hop_length=80, n_mels=40, floor=1e-5, power=1)


def log_mel(wave: np.ndarray) -> np.ndarray:
    return STAGE.transform(Audio(wave, 8000), Draws(0, "log_mel", 0, "a", 0)).frames


@pytest.mark.parametrize("samples", [8000, 4041, 80])
def test_every_frame_gives_a_hop_of_samples_that_have_its_features(samples):
    wave = babble(1.0, 8000)[:, :samples]
    frames = log_mel(wave)
    again = griffin_lim(frames, MelSpec(STAGE, 8000), "a")
    assert again.shape == (len(frames) * 80,)
    distance = np.abs(log_mel(again[np.newaxis])[: len(frames)] - frames).mean()
    assert distance < 0.5 if samples > 80 else np.isfinite(distance)
    assert np.array_equal(again, griffin_lim(frames, MelSpec(STAGE, 8000), "a"))


def test_features_of_another_width_are_refused():
    with pytest.raises(PredictError, match=r"mel_to_linear: .*n_mels is 40"):
        griffin_lim(np.zeros((5, 30), np.float32), MelSpec(STAGE, 8000))
