"""FastEnhancer: what it may look at, what changes nothing, and that its transform gives back what it takes."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from scipy.signal import ShortTimeFFT
from torch import nn

from training.errors import DataError
from training.models.fast_enhancer import FastEnhancer, FastEnhancerConfig
from training.models.model import Sizes

RATE = 16000


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def trained(rate: float = RATE, **sizes: float) -> FastEnhancer:
    """A model in evaluation whose weights and statistics are far from those that it begins with."""
    model = FastEnhancer(rate, **sizes)
    for name, value in model.named_buffers():
        if name.endswith("running_mean"):
            value.normal_(std=0.2)
        elif name.endswith("running_var"):
            value.uniform_(0.2, 1.0)
    nn.init.normal_(model.to_mask.weight, std=0.2)
    return model.eval()


def transparent(rate: float) -> FastEnhancer:
    """A model whose mask is 1 everywhere."""
    model = FastEnhancer(rate).eval()
    nn.init.zeros_(model.to_mask.weight)
    return model


@torch.no_grad()
def answer(model: FastEnhancer, *clips: torch.Tensor) -> torch.Tensor:
    return model(torch.stack(clips)[:, :, None], torch.tensor([len(clip) for clip in clips]))[:, :, 0]


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("samples", [1, 300, 4097])
def test_a_mask_of_one_gives_back_the_input(rate, samples):
    clip = torch.rand(samples) - 0.5
    assert torch.allclose(answer(transparent(rate), clip)[0], clip, atol=1e-6)


@torch.no_grad()
def test_masked_spectra_are_those_of_scipy():
    model = trained()
    clip = torch.randn(16 * model.hop)
    begun = model.begin(1)
    seen = {}
    inner = model.mask

    def watch(spectra, level, hidden):
        seen["spectra"], seen["level"] = spectra, level
        mask, hidden = inner(spectra, level, hidden)
        seen["mask"] = mask
        return mask, hidden

    model.mask = watch
    told, _ = model.step(clip.reshape(1, 16, model.hop), begun)
    transform = ShortTimeFFT(model.window.double().numpy(), model.hop, fs=1, phase_shift=None)
    spectra = torch.from_numpy(transform.stft(clip.double().numpy(), p0=0, p1=17).T)[:16]
    assert torch.allclose(torch.view_as_complex(seen["spectra"][0]).to(spectra.dtype), spectra, atol=1e-4)
    powers = spectra.abs().square().mean(1)
    fading = torch.tensor([model.fading ** (15 - t) for t in range(16)], dtype=torch.float64)
    assert seen["level"][0, -1].item() == pytest.approx(((powers * fading).sum() / fading.sum()).item(), rel=1e-5)
    masked = torch.view_as_complex(seen["mask"][0].double()) * spectra
    expected = torch.from_numpy(transform.istft(masked.T.numpy(), k1=15 * model.hop))
    assert torch.allclose(told[0, 1:].reshape(-1).double(), expected, atol=1e-4)


def test_the_latency_is_one_frame_and_no_more():
    model = trained().double()
    x = torch.randn(1, 8 * model.hop, 1, dtype=torch.float64, requires_grad=True)
    for n in (1, 100, model.hop - 1, model.hop + 1, 3 * model.hop + 7):
        (grad,) = torch.autograd.grad(model(x, torch.tensor([x.shape[1]]))[0, n, 0], x)
        last = grad[0, :, 0].nonzero().max().item()
        assert last == n - n % model.hop + 2 * model.hop - 1


def test_samples_beyond_a_length_change_nothing_and_are_silent_in_the_answer():
    model = trained()
    clips = [torch.randn(samples) for samples in (5000, 300, 4096)]
    batch = torch.full((3, 5000, 1), torch.nan)
    for place, clip in zip(batch, clips, strict=True):
        place[: len(clip), 0] = clip
    with torch.no_grad():
        together = model(batch, torch.tensor([len(clip) for clip in clips]))
    for row, clip in zip(together[:, :, 0], clips, strict=True):
        assert torch.allclose(row[: len(clip)], answer(model, clip)[0], atol=1e-5)
        assert not row[len(clip) :].any()


@pytest.mark.parametrize("gain", [1e-3, 0.1, 10.0])
def test_the_answer_is_as_loud_as_the_question(gain):
    model = trained()
    clip = 0.1 * torch.randn(RATE) * torch.linspace(0, 1, RATE)
    assert torch.allclose(answer(model, gain * clip) / gain, answer(model, clip), atol=1e-4)


def test_silence_stays_silent_and_finite():
    model = trained()
    assert not answer(model, torch.zeros(5000)).any()
    model.train()
    x = torch.zeros(2, 5000, 1, requires_grad=True)
    model(x, torch.tensor([5000, 100])).square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in (x, *model.parameters()))


def test_every_weight_learns():
    model = FastEnhancer(RATE)
    noisy = torch.randn(2, 4000, 1)
    model(noisy, torch.tensor([4000, 3000])).abs().sum().backward()
    dead = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not dead


def test_a_tone_in_noise_is_learnt():
    model = FastEnhancer(RATE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    time = torch.arange(8000) / RATE
    clean = torch.sin(2 * torch.pi * torch.tensor([[440.0], [880.0]]) * time)
    lengths = torch.tensor([8000, 8000])
    losses = []
    for _ in range(40):
        noisy = clean + torch.randn_like(clean)
        loss = (model(noisy[:, :, None], lengths)[:, :, 0] - clean).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(1, abs=0.3)  # nearly transparent at first: what is left is the noise
    assert losses[-1] < 0.25


def test_the_width_scales_it():
    sizes = Sizes(width=1, rate=RATE, outputs=1)
    small, large = (FastEnhancerConfig(name="fast_enhancer", width=width).build(sizes) for width in (1, 2))
    assert [sum(p.numel() for p in model.parameters()) for model in (small, large)] == [24214, 87978]
    assert (small.hop, FastEnhancer(48000).hop, FastEnhancer(11025).hop) == (256, 768, 176)
    deep = FastEnhancerConfig(name="fast_enhancer", width=0.5, blocks=3).build(Sizes(1, 1000, 1))
    assert len(deep.blocks) == 3
    assert answer(deep.eval(), torch.randn(500)).isfinite().all()


def test_what_it_cannot_do_is_refused():
    config = FastEnhancerConfig(name="fast_enhancer")
    for sizes in (Sizes(2, RATE, 1), Sizes(1, RATE, 2)):
        with pytest.raises(DataError, match="one channel"):
            config.build(sizes)
    with pytest.raises(DataError, match="1000 samples a second"):
        config.build(Sizes(1, 100, 1))
    with pytest.raises(ValidationError, match="width"):
        FastEnhancerConfig(name="fast_enhancer", width=0)
