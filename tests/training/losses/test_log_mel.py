"""Log-mel features in torch against the stage, and their distance against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from features.draws import Draws
from features.example import Audio
from features.perceptual.log_mel import LogMel
from tests.features.examples import babble
from training.losses.log_mel import TorchLogMel, mel_distance
from training.synthesis.mel_spec import MelSpec

STAGES = [
    LogMel(),
    LogMel(n_fft=1024, hop_length=256, f_max=8000, floor=1e-5, power=1),
    LogMel(n_fft=512, win_length=400, n_mels=40, f_min=50, mel_scale="htk", log="db", window="hamming"),
    LogMel(n_fft=401, hop_length=100, n_mels=40, power=1.5),
]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("samples", [16000, 12345, 1])
def test_features_are_those_of_the_stage(stage, samples):
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, samples)).astype(np.float32)
    wave = noise + babble(1.0)[:, :samples]
    wanted = stage.transform(Audio(wave, 16000), Draws(0, "log_mel", 0, "a", 0)).frames
    found = TorchLogMel(MelSpec(stage, 16000))(torch.from_numpy(wave))[0].numpy()
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_gradients_are_finite_on_silence():
    wave = torch.zeros(2, 4000, requires_grad=True)
    for stage in STAGES:
        TorchLogMel(MelSpec(stage, 16000))(wave).sum().backward()
    assert torch.isfinite(wave.grad).all()


def test_the_distance_is_a_mean_over_the_frames_that_count():
    found, wanted = torch.randn(2, 6, 3), torch.randn(2, 5, 3)
    distance = mel_distance(found, wanted, torch.tensor([6, 2]))
    assert distance[0].item() == pytest.approx((found[0, :5] - wanted[0]).abs().mean().item())
    assert distance[1].item() == pytest.approx((found[1, :2] - wanted[1, :2]).abs().mean().item())
