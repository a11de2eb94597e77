"""ConvNet: its shapes, its parts against formulas, what masks must keep, and that it learns."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import batch_norm, conv2d, cross_entropy, linear

from training.errors import DataError
from training.models.conv_net import ConvNet, ConvNetConfig
from training.models.model import Sizes


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


def test_layers_have_the_shapes_that_strides_say():
    model = ConvNet(40, 10)
    shapes = []
    for part in (*model.layers, model.gather):
        part.register_forward_hook(lambda part, given, made: shapes.append(tuple(made.shape)))
    assert model(torch.randn(2, 31, 40), torch.tensor([31, 20])).shape == (2, 10)
    assert shapes == [(2, 32, 16, 20), (2, 64, 16, 10), (2, 128, 8, 5), (2, 128, 8, 3), (2, 128, 8, 1)]


def test_the_docstring_counts_its_parameters():
    convolutions = 25 * 32 + 9 * (32 * 64 + 64 * 128 + 128 * 128) + 3 * 128 * 128
    normalisations = 2 * (32 + 64 + 128 + 128 + 128)
    count = sum(parameter.numel() for parameter in ConvNet(40, 10).parameters())
    assert count == convolutions + normalisations + 257 * 10
    assert round(count / 1000) == 293


def test_the_network_is_its_formula():
    model = shaken(ConvNet(12, 5, (4, 6), ((2, 2), (1, 3)), centre="bins"))
    for part in (*model.layers, model.gather):
        torch.nn.init.uniform_(part[1].weight, 0.5, 2)
        torch.nn.init.normal_(part[1].bias)
    x, norm = torch.randn(3, 20, 12) + torch.arange(12), model.input_norm
    y = ((x - x.mean(1, keepdim=True) - norm.running_mean) / (norm.running_var + 1e-5).sqrt())[:, None]
    strides, pads = ((2, 2), (1, 3), (1, 1)), (2, 1, 0)
    for part, stride, pad in zip((*model.layers, model.gather), strides, pads, strict=True):
        y = conv2d(y, part[0].weight, stride=stride, padding=pad)
        y = batch_norm(y, part[1].running_mean, part[1].running_var, part[1].weight, part[1].bias).relu()
    y = y.squeeze(3)
    expected = linear(torch.cat([y.mean(2), y.amax(2)], 1), model.classify[1].weight, model.classify[1].bias)
    torch.testing.assert_close(model(x, torch.full((3,), 20)), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("centre", ["level", "bins", "none"])
def test_padding_changes_nothing_in_evaluation(centre):
    model = shaken(ConvNet(20, 5, centre=centre))
    clips = [torch.randn(frames, 20) for frames in (1, 7, 40, 61)]
    lengths = torch.tensor([len(clip) for clip in clips])
    batch = torch.full((4, 80, 20), torch.nan)  # what pads may be anything
    for place, clip in zip(batch, clips, strict=True):
        place[: len(clip)] = clip
    alone = torch.cat([model(clip[None], torch.tensor([len(clip)])) for clip in clips])
    torch.testing.assert_close(model(batch, lengths), alone, atol=1e-5, rtol=1e-5)
    assert (alone[2] - alone[3]).abs().max() > 1e-3  # and the answers do depend on the clip
    framewise = model.frames(batch, lengths)
    assert framewise.shape == (4, 20, 5)
    for scores, clip in zip(framewise, clips, strict=True):
        by_itself = model.frames(clip[None], torch.tensor([len(clip)]))[0]
        assert len(by_itself) == -(-len(clip) // model.frame_stride)
        torch.testing.assert_close(scores[: len(by_itself)], by_itself, atol=1e-5, rtol=1e-5)


def test_a_frame_is_scored_like_a_clip_of_it_alone():
    model = shaken(ConvNet(20, 5))
    x, lengths = torch.randn(2, 3, 20), torch.tensor([3, 2])  # one frame is left of so short clips
    torch.testing.assert_close(model.frames(x, lengths)[:, 0], model(x, lengths))


def test_a_scored_frame_is_centred_on_the_frame_it_says():
    model = shaken(ConvNet(16, 3, centre="none")).double()
    x = torch.randn(1, 161, 16, dtype=torch.float64, requires_grad=True)
    model.frames(x, torch.tensor([161]))[0, 20].sum().backward()
    seen = x.grad[0].abs().sum(1).nonzero().flatten().tolist()
    assert model.frame_stride == 4
    assert (seen[0] + seen[-1]) / 2 == 20 * model.frame_stride
    assert seen[-1] - seen[0] + 1 == 5 + 2 * 2 + 2 * 2 + 4 * 2  # kernels of 5, 3, 3 and 3, as far apart as strides say


@pytest.mark.parametrize(("centre", "gain"), [("level", torch.full((16,), 3.0)), ("bins", torch.linspace(-3, 3, 16))])
def test_what_the_mean_holds_changes_nothing(centre, gain):
    model, x = shaken(ConvNet(16, 3, centre=centre)), torch.randn(2, 30, 16)
    lengths = torch.tensor([30, 12])
    torch.testing.assert_close(model(x + gain, lengths), model(x, lengths), atol=1e-4, rtol=1e-4)
    loud = ConvNet(16, 3, centre="none").eval()
    assert (loud(x + gain, lengths) - loud(x, lengths)).abs().max() > 1e-3


def test_every_parameter_gets_a_gradient():
    model = ConvNet(16, 3)
    model(torch.randn(4, 50, 16), torch.tensor([50, 40, 30, 20])).square().sum().backward()
    assert not [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]


def tones(classes: int = 4, bins: int = 16) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Clips in noise, of which each class has another number of frames between its two bursts over all bins."""
    x, lengths = torch.randn(24, 30, bins), torch.arange(24) % 10 + 21
    target = torch.arange(24) % classes
    for clip, kind in zip(x, target.tolist(), strict=True):
        clip[4] += 8
        clip[8 + 4 * kind] += 8
    return x, lengths, target


def test_it_learns_a_few_clips_by_heart_the_same_way_each_time():
    (x, lengths, target), runs = tones(), []
    torch.use_deterministic_algorithms(True)
    try:
        for _ in range(2):
            torch.manual_seed(1)
            model = ConvNet(16, 4, (8, 16, 16), ((2, 2), (1, 2), (2, 2)), head_dropout=0, dropout=0)
            optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
            for _ in range(40):
                optimizer.zero_grad()
                cross_entropy(model(x, lengths), target).backward()
                optimizer.step()
            runs.append(model.eval()(x, lengths))
    finally:
        torch.use_deterministic_algorithms(False)
    assert runs[0].argmax(1).tolist() == target.tolist()
    assert torch.equal(runs[0], runs[1])


def test_a_configuration_builds_it():
    config = ConvNetConfig(channels=[8, 16], strides=[[2, 2], [1, 2]], head_dropout=0.5, centre="bins")
    model = config.build(Sizes(width=64, rate=100.0, outputs=7))
    assert isinstance(model, ConvNet)
    assert (model.centre, model.frame_stride, model.classify[0].p) == ("bins", 2, 0.5)
    assert model(torch.randn(2, 9, 64), torch.tensor([9, 5])).shape == (2, 7)


def test_sizes_that_it_cannot_have_are_refused():
    with pytest.raises(DataError, match=r"steps over 16 bins in all, and the features have 13; make .* model\.strides"):
        ConvNetConfig().build(Sizes(width=13, rate=100.0, outputs=7))
    with pytest.raises(DataError, match="is a waveform"):
        ConvNetConfig().build(Sizes(width=1, rate=8000.0, outputs=7))


def test_a_stride_is_needed_for_each_layer():
    with pytest.raises(ValidationError, match="strides has 4 pairs, and channels 2 layers"):
        ConvNetConfig(channels=[8, 16])
