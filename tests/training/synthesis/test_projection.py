"""Projection: nearer to the features in each round, at rest where they are right, whatever pads a batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from features.draws import Draws
from features.example import Audio
from features.perceptual.log_mel import LogMel
from tests.features.examples import babble
from training.synthesis.mel_spec import MelSpec
from training.synthesis.projection import Projection

STAGES = [
    LogMel(n_fft=256, hop_length=80, n_mels=40, floor=1e-5, power=1),
    LogMel(n_fft=400, hop_length=100, n_mels=30, f_min=50, f_max=3500, mel_scale="htk", log="db", window="hamming"),
]
WAVES = [babble(seconds, 8000, seed) for seed, seconds in enumerate((1.0, 0.5))]


def log_mel(stage: LogMel, wave: np.ndarray) -> np.ndarray:
    return stage.transform(Audio(wave, 8000), Draws(0, "log_mel", 0, "a", 0)).frames


def padded(stage: LogMel, wave: np.ndarray, frames: int) -> torch.Tensor:
    return torch.nn.functional.pad(torch.from_numpy(wave), (0, frames * stage.hop_length - wave.shape[1]))


@pytest.mark.parametrize("stage", STAGES)
def test_rounds_lead_to_the_features(stage):
    features = torch.from_numpy(log_mel(stage, WAVES[0]))[None]
    frames, number = torch.tensor([features.shape[1]]), features.shape[1]
    noise = 0.02 * torch.randn(1, number * stage.hop_length, generator=torch.Generator().manual_seed(0))
    made = [Projection(MelSpec(stage, 8000))(noise, features, frames, rounds) for rounds in (0, 4, 16)]
    found = [np.abs(log_mel(stage, each.numpy())[:number] - features[0].numpy()).mean() for each in made]
    assert found[1] < found[0] / 2
    assert found[2] < found[1] / 1.5


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_right_stays(stage):
    features = torch.from_numpy(log_mel(stage, WAVES[0]))[None]
    wave = padded(stage, WAVES[0], features.shape[1])
    again = Projection(MelSpec(stage, 8000))(wave, features, torch.tensor([features.shape[1]]), 8)
    torch.testing.assert_close(again, wave, atol=2e-3, rtol=1e-2)


def test_padding_changes_nothing():
    stage = STAGES[0]
    projection, mels = Projection(MelSpec(stage, 8000)), [torch.from_numpy(log_mel(stage, wave)) for wave in WAVES]
    features, signals = torch.zeros(2, 101, 40), torch.full((2, 101 * 80), 9.0)
    lengths = torch.tensor([len(mel) for mel in mels])
    noises = [0.02 * torch.randn(1, len(mel) * 80) for mel in mels]
    for row, (mel, noise) in enumerate(zip(mels, noises, strict=True)):
        features[row, : len(mel)], signals[row, : noise.shape[1]] = mel, noise[0]
    together = projection(signals, features, lengths, 5)
    for row, (mel, noise) in enumerate(zip(mels, noises, strict=True)):
        alone = projection(noise, mel[None], lengths[row : row + 1], 5)[0]
        torch.testing.assert_close(together[row, : len(alone)], alone, atol=1e-5, rtol=1e-4)
        assert not together[row, len(alone) :].any()


def test_bins_that_no_filter_hears_are_left_alone():
    stage = LogMel(n_fft=256, hop_length=64, n_mels=20, f_max=2000, floor=1e-5)
    tone = torch.sin(2 * torch.pi * 3000 * torch.arange(64 * 40) / 8000)[None]
    features = torch.from_numpy(log_mel(stage, tone.numpy()))[None, :40]
    again = Projection(MelSpec(stage, 8000))(tone, features, torch.tensor([40]), 3)
    torch.testing.assert_close(again[:, 256:-256], tone[:, 256:-256], atol=1e-2, rtol=0)
