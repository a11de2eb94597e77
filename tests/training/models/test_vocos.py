"""Vocos: spectra to waveforms as a plain inverse transform has it, whatever pads a batch, piece by piece as in one."""

from __future__ import annotations

import pytest
import torch

from training.errors import DataError
from training.losses.spectral import Resolution, multi_resolution_stft, scaled
from training.models.model import Sizes
from training.models.spectral_critic import CriticConfig
from training.models.vocos import Vocos, VocosConfig

SMALL = VocosConfig(channels=16, hidden=32, layers=2)
SIZES = Sizes(width=20, rate=100.0, outputs=80)


@pytest.fixture
def model() -> Vocos:
    torch.manual_seed(0)
    made = SMALL.build(SIZES)
    with torch.no_grad():
        made.leave.weight.mul_(20)  # so that answers depend on what is heard
    return made.eval()


def test_the_sizes_are_those_of_the_paper_and_of_cpus():
    def count(config: VocosConfig) -> int:
        return sum(p.numel() for p in config.build(Sizes(100, 93.75, 256)).parameters())

    assert 1.0e6 < count(VocosConfig()) < 2.0e6
    assert count(VocosConfig(channels=512, hidden=1536, layers=8)) == pytest.approx(13.5e6, rel=0.01)


def test_a_critic_leaves_the_rest_as_it_is(model):
    """Names, first weights, and answers."""
    torch.manual_seed(0)
    plain = SMALL.build(SIZES)
    torch.manual_seed(0)
    judged = SMALL.model_copy(update={"critic": CriticConfig(channels=4)}).build(SIZES)
    state = judged.state_dict()
    assert not [name for name in plain.state_dict() if name.startswith("critic")]
    assert all(torch.equal(state[name], value) for name, value in plain.state_dict().items())
    assert {name for name in state if name not in plain.state_dict()} == {
        f"critic.{name}" for name in judged.critic.state_dict()
    }
    assert [eye.resolution for eye in judged.critic.eyes] == scaled(8000)
    frames, lengths = torch.randn(1, 10, 20), torch.tensor([10])
    assert torch.equal(plain.eval()(frames, lengths), judged.eval()(frames, lengths))


@pytest.mark.parametrize(("n_fft", "hop"), [(320, 80), (256, 80), (200, 100), (64, 7)])
def test_spectra_of_a_waveform_give_it_back(n_fft, hop):
    """Frame t is centred on sample t * hop, as torch.stft has it; the end beyond the last centre is there too."""
    model = Vocos(4, hop, 8, 8, 1, n_fft)
    wave = torch.randn(1, 40 * hop)
    spectra = torch.stft(wave, n_fft, hop, window=torch.hann_window(n_fft), pad_mode="constant", return_complex=True)
    spectra = spectra[:, :, :40].transpose(1, 2)
    answers = torch.cat([spectra.abs().clamp(min=1e-8).log(), spectra.angle()], 2)
    found = model.waves(answers, torch.ones(1, 40, dtype=torch.bool))
    assert found.shape == wave.shape
    whole = 39 * hop + 1 - hop % 2  # up to the last centre every sample has its whole weight
    torch.testing.assert_close(found[:, :whole], wave[:, :whole], atol=1e-3, rtol=1e-3)


def test_padding_changes_nothing(model):
    clips = [torch.randn(frames, 20) - 4 for frames in (31, 12, 1)]
    batch = torch.full((3, 40, 20), torch.nan)
    for place, clip in zip(batch, clips, strict=True):
        place[: len(clip)] = clip
    lengths = torch.tensor([31, 12, 1])
    together = model(batch, lengths)
    assert together.shape == (3, 40 * 80)
    for clip, found in zip(clips, together, strict=True):
        alone = model(clip[None], torch.tensor([len(clip)]))[0]
        torch.testing.assert_close(found[: len(alone)], alone, atol=1e-5, rtol=1e-5)
        assert not found[len(alone) :].any()
        assert alone.abs().max() > 1e-3


def test_an_answer_depends_on_no_frame_beyond_its_context(model):
    frames = torch.randn(1, 80, 20)
    other = frames.clone()
    other[0, 40] += 1
    lengths = torch.tensor([80])
    changed = (model(frames, lengths) - model(other, lengths))[0].reshape(80, 80).abs().amax(1).nonzero()[:, 0]
    assert changed[0] >= 40 - model.context
    assert changed[-1] <= 40 + model.context


def test_every_parameter_has_a_gradient(model):
    model.train()
    model(torch.randn(2, 20, 20), torch.tensor([20, 11])).square().mean().backward()
    assert not [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]


@pytest.mark.parametrize("n_fft", [158, 321])
def test_spectra_must_hold_two_hops(n_fft):
    with pytest.raises(DataError, match=r"n_fft .* at least two hops of 80"):
        VocosConfig(n_fft=n_fft).build(SIZES)


def test_a_waveform_is_no_input():
    with pytest.raises(DataError, match="hears features"):
        VocosConfig().build(Sizes(1, 8000.0, 80))


def test_a_tiny_model_learns_a_tone():
    """A tone in soft noise, by its spectra: phases are free."""
    torch.manual_seed(2)
    wave = torch.sin(2 * torch.pi * 440 * torch.arange(1600) / 8000)[None] * 0.3 + 0.003 * torch.randn(1, 1600)
    model, frames = VocosConfig(channels=32, hidden=64, layers=2).build(SIZES), torch.randn(1, 20, 20)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    lengths, samples, losses = torch.tensor([20]), torch.tensor([1600]), []
    for _ in range(180):
        resolutions = [Resolution(256, 40, 200), Resolution(128, 16, 80)]
        loss = multi_resolution_stft(model(frames, lengths), wave, samples, resolutions).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 4, (losses[0], losses[-1])
