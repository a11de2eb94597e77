"""The critic of waveforms: plain convolutions of magnitudes, whatever pads a batch, that learn to tell two sounds."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import conv2d, leaky_relu

from training.losses.adversarial import judge
from training.losses.spectral import Resolution
from training.models.spectral_critic import CriticConfig, SpectralCritic

RESOLUTIONS = [Resolution(64, 10, 50), Resolution(128, 30, 100)]


@pytest.fixture
def critic() -> SpectralCritic:
    torch.manual_seed(0)
    made = SpectralCritic(RESOLUTIONS, 4)
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if name.endswith("bias"):
                weight.add_(0.3)  # so that what is not real would show
    return made


def direct(state, place):
    """A kernel from its direction and its length, one for each channel that comes out."""
    length, direction = (state[f"{place}.parametrizations.weight.original{number}"] for number in (0, 1))
    return length * direction / direction.square().sum((1, 2, 3), keepdim=True).sqrt()


def test_it_is_convolutions_of_magnitudes(critic):
    waves = 0.1 * torch.randn(2, 900)
    views = critic(waves, torch.tensor([900, 900]))
    assert len(views) == 2
    state = critic.state_dict()
    for number, (resolution, found) in enumerate(zip(RESOLUTIONS, views, strict=True)):
        n_fft, hop, length = resolution
        window = torch.hann_window(length)
        spectra = torch.stft(waves, n_fft, hop, length, window, pad_mode="constant", return_complex=True)
        frames = torch.arange(spectra.shape[2]) * hop < 900  # below the centre of the last one there is no sample
        x = spectra.abs().clamp(min=1e-7**0.5).transpose(1, 2)[:, None] * frames[:, None]
        places = [(f"eyes.{number}.strided.{layer}", (1, 4), 2) for layer in range(3)]
        places.append((f"eyes.{number}.plain", (1, 1), 1))
        for (place, padding, stride), view in zip(places, found, strict=False):
            frames = frames[::stride]
            x = leaky_relu(conv2d(x, direct(state, place), state[f"{place}.bias"], stride, padding), 0.2)
            x = x * frames[:, None]
            torch.testing.assert_close(view.values, x, rtol=1e-4, atol=1e-5)
        place = f"eyes.{number}.score"
        scores = conv2d(x, direct(state, place), state[f"{place}.bias"], 1, 1) * frames[:, None]
        torch.testing.assert_close(found[-1].values, scores, rtol=1e-4, atol=1e-5)
        assert found[-1].values.shape[1] == 1


def test_padding_changes_nothing(critic):
    short, lengths = 0.1 * torch.randn(1, 430), torch.tensor([430, 1300])
    batch = torch.full((2, 1300), torch.nan)
    batch[0, :430], batch[1] = short[0], 0.1 * torch.randn(1300)
    together, alone = critic(batch, lengths), critic(short, lengths[:1])
    for views, others in zip(together, alone, strict=True):
        for view, other in zip(views, others, strict=True):
            number = other.values.shape[2]
            torch.testing.assert_close(view.values[:1, :, :number], other.values, rtol=1e-4, atol=1e-6)
            assert torch.equal(view.real[:1, :, :number], other.real)
            assert not view.values[0, :, number:].any()
            assert not view.real[0, :, number:].any()
            assert view.values[1].isfinite().all()
    answers, wanted = batch.flip(1).nan_to_num(7.0), batch
    answers[0, :430] = short[0].flip(0)
    both = judge(critic, answers, wanted, lengths)
    torch.testing.assert_close(both[:1], judge(critic, short.flip(1), short, lengths[:1]), rtol=1e-4, atol=1e-6)


def test_silence_and_nothing_have_finite_gradients(critic):
    found, wanted = torch.zeros(2, 600, requires_grad=True), torch.zeros(2, 600)
    losses = judge(critic, found, wanted, torch.tensor([600, 0]))
    assert losses[1].tolist() == [0, 0, 0]
    losses.sum().backward()
    assert found.grad.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in critic.parameters())


def test_every_weight_has_a_gradient(critic):
    noise = 0.1 * torch.randn(2, 2, 700)
    judge(critic, noise[0], noise[1], torch.tensor([700, 500]))[:, 2].sum().backward()
    assert not [name for name, p in critic.named_parameters() if p.grad is None]
    kernels = [name for name, _ in critic.named_parameters() if "original" in name]
    assert len(kernels) == 2 * 2 * 5
    assert not [name for name in kernels if not critic.get_parameter(name).grad.abs().sum() > 0]


def test_it_learns_to_tell_a_tone_from_noise():
    torch.manual_seed(1)
    critic = SpectralCritic(RESOLUTIONS, 8)
    optimizer = torch.optim.AdamW(critic.parameters(), lr=3e-3, betas=(0.8, 0.99))
    lengths, time = torch.full((4,), 400), torch.arange(400) / 8000
    losses = []
    for _ in range(25):
        tones = 0.1 * torch.sin(2 * torch.pi * torch.empty(4, 1).uniform_(300, 3000) * time)
        own = judge(critic, 0.07 * torch.randn(4, 400), tones, lengths)[:, 2].mean()
        optimizer.zero_grad()
        own.backward()
        optimizer.step()
        losses.append(own.item())
    assert losses[0] == pytest.approx(2, abs=0.3)  # knows nothing: one of each margin
    assert losses[-1] < 0.3


def test_channels_are_some():
    with pytest.raises(ValidationError, match="channels"):
        CriticConfig(channels=0)
