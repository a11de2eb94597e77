"""BC-ResNet against the tables of its paper, and what masks and normalisations must keep."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import batch_norm, conv2d, silu

from tests.training.models.checks import exports_with_any_time
from training.errors import DataError
from training.models.bc_resnet import BcResNet, BroadcastedBlock, SubSpectralNorm


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def shaken(model: torch.nn.Module) -> torch.nn.Module:
    """The model in evaluation, with running statistics as if it had been trained."""
    for name, value in model.named_buffers():
        if name.endswith("running_mean"):
            value.normal_()
        elif name.endswith("running_var"):
            value.uniform_(0.5, 2.0)
    return model.eval()


@pytest.mark.parametrize(("tau", "thousands"), [(1, 9.2), (2, 27.3), (3, 54.2), (6, 188), (8, 321)])
def test_parameters_are_those_of_the_papers_table_2(tau, thousands):
    count = sum(parameter.numel() for parameter in BcResNet(40, 12, tau).parameters())
    assert count / 1000 == pytest.approx(thousands, abs=0.5 if thousands > 100 else 0.05)


def test_shapes_are_those_of_the_papers_table_1():
    model = BcResNet(40, 12)
    shapes = []
    for part in (model.head, *model.blocks, model.gather, model.expand):
        part.register_forward_hook(lambda part, given, made: shapes.append(tuple(made.shape[1:3])))
    scores = model(torch.randn(2, 30, 40), torch.tensor([30, 20]))
    assert scores.shape == (2, 12)
    assert shapes == [(16, 20), *[(8, 20)] * 2, *[(12, 10)] * 2, *[(16, 5)] * 4, *[(20, 5)] * 4, (20, 1), (32, 1)]


def test_a_frame_sees_117_frames():
    model = shaken(BcResNet(16, 3)).double()
    x = torch.randn(1, 241, 16, dtype=torch.float64, requires_grad=True)
    model.embed(x, torch.ones(1, 241, dtype=torch.bool))[0, :, 120].sum().backward()
    seen = x.grad[0].abs().sum(1).nonzero().flatten().tolist()
    assert (seen[0], seen[-1]) == (120 - 58, 120 + 58)


@pytest.mark.parametrize("time_stride", [1, 2])
def test_padding_changes_nothing_in_evaluation(time_stride):
    model = shaken(BcResNet(16, 5, time_stride=time_stride))
    clips = [torch.randn(frames, 16) for frames in (1, 7, 40, 61)]
    alone = torch.cat([model(clip[None], torch.tensor([len(clip)])) for clip in clips])
    batch = torch.full((4, 80, 16), torch.nan)  # what pads may be anything
    for place, clip in zip(batch, clips, strict=True):
        place[: len(clip)] = clip
    together = model(batch, torch.tensor([len(clip) for clip in clips]))
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)
    assert (alone[2] - alone[3]).abs().max() > 1e-3  # and the answers do depend on the clip


@pytest.mark.parametrize("centre", ["level", "bins"])
def test_the_input_is_normalised_over_real_frames_only(centre):
    model, x = BcResNet(16, 3, centre=centre), torch.randn(2, 10, 16) + torch.arange(16)
    x[1, 4:] = 1e6
    model(x, torch.tensor([10, 4]))
    clips = x[0], x[1, :4]
    real = torch.cat([clip - (clip.mean(0) if centre == "bins" else clip.mean()) for clip in clips])
    torch.testing.assert_close(model.input_norm.running_mean, 0.1 * real.mean(0))
    torch.testing.assert_close(model.input_norm.running_var, 0.9 + 0.1 * real.var(0))


@pytest.mark.parametrize(("centre", "gain"), [("level", torch.full((16,), 3.0)), ("bins", torch.linspace(-3, 3, 16))])
def test_what_the_mean_holds_changes_nothing(centre, gain):
    model, x = shaken(BcResNet(16, 3, centre=centre)), torch.randn(2, 30, 16)
    lengths = torch.tensor([30, 12])
    torch.testing.assert_close(model(x + gain, lengths), model(x, lengths), atol=1e-4, rtol=1e-4)


def test_every_parameter_gets_a_gradient():
    model = BcResNet(16, 3)
    model(torch.randn(4, 50, 16), torch.tensor([50, 40, 30, 20])).square().sum().backward()
    assert not [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]


@pytest.mark.parametrize(("bins", "bands"), [(20, 5), (10, 5), (5, 5), (32, 4), (8, 4), (6, 3), (14, 2), (7, 1)])
def test_sub_bands_are_normalised_each_by_itself(bins, bands):
    norm, x = SubSpectralNorm(3, bins), torch.randn(4, 3, bins, 9) * torch.arange(1, bins + 1)[:, None]
    assert norm.bands == bands
    expected = [batch_norm(band, None, None, training=True) for band in x.chunk(bands, dim=2)]
    torch.testing.assert_close(norm(x), torch.cat(expected, 2), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("transition", [False, True])
def test_a_block_is_the_papers_formula(transition):
    block = shaken(BroadcastedBlock(6, 6, 10, 1, 2, 0.1, transition))
    x, mask = torch.randn(2, 6, 10, 20), torch.ones(2, 1, 1, 20)
    entered = block.enter(x) if transition else x
    depthwise, subspectral = block.over_frequency
    f2 = subspectral(conv2d(entered, depthwise.weight, padding=(1, 0), groups=6))
    temporal, norm, _, pointwise, _ = block.over_time
    f1 = conv2d(f2.mean(2, keepdim=True), temporal.weight, padding=(0, 2), dilation=(1, 2), groups=6)
    f1 = conv2d(silu(norm(f1)), pointwise.weight)
    shortcut = 0 if transition else x
    torch.testing.assert_close(block(x, mask), torch.relu(shortcut + f2 + f1.expand_as(f2)))


def test_it_can_be_exported():
    model = BcResNet(16, 3, 0.5)
    exports_with_any_time(model, torch.randn(2, 30, 16), [torch.randn(1, 77, 16), torch.randn(4, 3, 16)])


def test_bins_that_cannot_be_halved_three_times_are_refused():
    with pytest.raises(DataError, match="8 divides, got 20"):
        BcResNet(20, 3)
