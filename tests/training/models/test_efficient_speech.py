"""EfficientSpeech: sizes, padding, durations and pitch as they are asked for, and two toy texts learnt by heart."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from training.losses.alignment import forward_sum
from training.models.efficient_speech import EfficientSpeechConfig, Heard, means, whole
from training.models.model import Sizes
from training.synthesis.alignment import path_of

SMALL = EfficientSpeechConfig(channels=24, encoder_blocks=1, decoder_blocks=2, dropout=0.0)
SIZES = Sizes(width=9, rate=100.0, outputs=10)
TEXTS, LENGTHS = torch.tensor([[1, 2, 3, 4], [5, 3, 0, 0]]), torch.tensor([4, 2])


def small(seed: int = 0):
    torch.manual_seed(seed)
    return SMALL.build(SIZES)


def count(channels: int) -> int:
    return sum(p.numel() for p in EfficientSpeechConfig(channels=channels).build(Sizes(40, 86.0, 80)).parameters())


def test_the_sizes_are_those_that_are_told():
    assert count(64) == pytest.approx(0.3e6, rel=0.1)
    assert count(128) == pytest.approx(1.2e6, rel=0.1)
    assert count(256) == pytest.approx(4.6e6, rel=0.1)
    with pytest.raises(ValidationError, match="divided by twice the 3 heads"):
        EfficientSpeechConfig(heads=3)


def test_padding_changes_nothing():
    model = small().eval()
    speakers = torch.tensor([7, 8])
    together = model.speak(TEXTS, LENGTHS, speakers)
    alone = model.speak(TEXTS[1:, :2], LENGTHS[1:], speakers[1:])
    assert together.durations[1].tolist() == [*alone.durations[0].tolist(), 0, 0]
    number = int(alone.durations.sum())
    torch.testing.assert_close(together.frames[1, :number], alone.frames[0], atol=1e-5, rtol=1e-5)
    other = model.speak(TEXTS[1:, :2], LENGTHS[1:], speakers[:1])
    assert (other.log_durations - alone.log_durations).abs().max() > 1e-4


def test_speed_and_pitch_are_followed():
    model = small().eval()
    with torch.no_grad():
        model.duration.leave.bias.fill_(3.0)  # about 19 frames a token
    usual = model.speak(TEXTS, LENGTHS, None)
    half = model.speak(TEXTS, LENGTHS, None, speed=0.5)
    assert half.durations.sum(1).tolist() == pytest.approx((2 * usual.durations.sum(1)).tolist(), abs=1)
    higher = model.speak(TEXTS, LENGTHS, None, shift=0.7)
    torch.testing.assert_close(higher.pitch[0], usual.pitch[0] + 0.7)
    assert (higher.frames - usual.frames).abs().max() > 1e-3


def test_durations_in_whole_frames_keep_the_length():
    given = torch.rand(50, 30, generator=torch.Generator().manual_seed(0)) * 5
    found = whole(given)
    assert (found >= 1).all()
    wanted = given.clamp(min=1).cumsum(1)
    assert ((found.cumsum(1) - wanted).abs() <= 0.5 + 1e-3).all()


def test_means_over_tokens_are_of_their_frames():
    path = path_of(torch.tensor([[2, 3, 1]]), 7)
    track, weights = torch.tensor([[1.0, 3, 5, 7, 100, 9, 50]]), torch.tensor([[1.0, 1, 1, 1, 0, 0, 1]])
    assert means(path, track, weights).tolist() == [[2, 6, 0]]


def test_given_speech_decides_durations_and_tracks():
    model = small().eval()
    frames, ends = torch.randn(2, 20, 10), torch.tensor([20, 11])
    tracks = torch.randn(2, 20, 3)
    tracks[:, :, 1] = (tracks[:, :, 1] > 0).float()
    heard = model.align(TEXTS, LENGTHS, None, frames, ends, tracks)
    assert heard.path.sum((1, 2)).tolist() == [20, 11]
    read = model.read(TEXTS, LENGTHS, None, heard)
    assert read.durations.tolist() == heard.path.sum(1).long().tolist()
    assert read.frames.shape == (2, 20, 10)
    louder = heard._replace(energy=heard.energy + 1)
    assert (model.read(TEXTS, LENGTHS, None, louder).frames - read.frames).abs().max() > 1e-3


def test_two_toy_texts_are_learnt_by_heart():
    """Features, durations and pitch of two short texts, with the alignment found on the way."""
    draws = torch.Generator().manual_seed(5)
    sounds, durations = 2 * torch.randn(6, 10, generator=draws), torch.tensor([[4, 7, 2, 6], [5, 8, 0, 0]])
    path = path_of(durations, 19)
    frames = path @ sounds[TEXTS] + 0.05 * torch.randn(2, 19, 10, generator=draws)
    tracks = torch.stack(
        [path @ (TEXTS / 3.0 - 1)[:, :, None], path.sum(2, True), path @ (1 - TEXTS / 3.0)[:, :, None]]
    )
    tracks, ends = tracks[..., 0].permute(1, 2, 0), durations.sum(1)
    model = small(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    for _ in range(150):
        heard: Heard = model.align(TEXTS, LENGTHS, None, frames, ends, tracks)
        read = model.read(TEXTS, LENGTHS, None, heard)
        real = path.sum(2, True)
        loss = ((read.frames - frames).abs() * real).mean() + forward_sum(heard.scores, ends, LENGTHS).mean()
        loss = loss + (read.log_durations - read.durations.float().log1p()).square().mean()
        loss = loss + (read.pitch - heard.pitch).square().mean() + (read.energy - heard.energy).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    still = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not still, "parameters without a gradient"
    said = model.eval().speak(TEXTS, LENGTHS, None)
    assert (said.durations - durations).abs().max() <= 1
    distance = ((model.read(TEXTS, LENGTHS, None, heard).frames - frames).abs() * path.sum(2, True)).sum()
    assert distance / (10 * ends.sum()) < 0.35
