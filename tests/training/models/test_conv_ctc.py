"""ConvCTC: its parts against formulas, what masks must keep, and that it learns to spell."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import batch_norm, conv1d, conv2d, linear

from tests.training.models import ctc_checks
from tests.training.models.checks import exports_with_any_time, shaken
from training.errors import DataError
from training.models.conv_ctc import ConvCtc, ConvCtcConfig, Front
from training.models.model import Sizes


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def small(subsampling: int = 4, front: int = 0) -> ConvCtc:
    return ConvCtc(12, 7, 16, (5, 3), subsampling, front=front)


def test_the_docstring_counts_its_parameters():
    entered = 5 * 160 * (80 + 160) + 2 * 2 * 160
    blocks = 160 * 160 * 48 + 8 * (2 * 160 + 2 * 160 * 20 + 180)
    left = 160 * 320 + 2 * 320 + 321 * 200
    count = sum(parameter.numel() for parameter in ConvCtc(80, 200).parameters())
    assert count == entered + blocks + left
    assert round(count / 1e6, 1) == 1.6


def normed(y, layer):
    convolution, norm = layer
    y = conv1d(y, convolution.weight[:, :, 0], stride=convolution.stride[1], padding=convolution.padding[1])
    return batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias)


def test_the_network_is_its_formula():
    model = shaken(small())
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            torch.nn.init.uniform_(parameter, 0.5, 1.5) if name.endswith("weight") else torch.nn.init.normal_(parameter)
    x, norm = torch.randn(3, 41, 12) + torch.arange(12), model.input_norm
    y = (x - x.mean(1, keepdim=True) - norm.running_mean) / (norm.running_var + 1e-5).sqrt()
    y = y.transpose(1, 2)
    for layer in model.enter:
        y = normed(y, layer).relu()
    for block in model.blocks:
        change = normed(y, block.layer)
        narrow = linear(change.mean(2), block.gate[0].weight, block.gate[0].bias).relu()
        gate = linear(narrow, block.gate[2].weight, block.gate[2].bias).sigmoid()
        y = (y + gate[:, :, None] * change).relu()
    y = normed(y, model.leave[0]).relu()
    expected = linear(y.transpose(1, 2), model.classify.weight, model.classify.bias)
    scores, lengths = model(x, torch.full((3,), 41))
    assert lengths.tolist() == [11, 11, 11]
    torch.testing.assert_close(scores, expected, atol=1e-5, rtol=1e-5)


def test_the_front_is_its_formula():
    front = shaken(Front(13, 6))
    x, real = torch.randn(2, 9, 13), torch.ones(2, 9, dtype=torch.bool)
    y = x[:, None]
    for (convolution, norm, _), padding in zip(front.layers, (2, 1), strict=True):
        y = conv2d(y, convolution.weight, stride=(1, 2), padding=padding)
        y = batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias).relu()
    expected = torch.stack([y[:, channel, :, bin_] for channel in range(6) for bin_ in range(4)], 2)
    assert front.width == 24
    torch.testing.assert_close(front(x, real), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("front", [0, 5])
@pytest.mark.parametrize("subsampling", [1, 2, 4, 8])
def test_padding_changes_nothing_in_evaluation(subsampling, front):
    clips = [torch.randn(frames, 12) for frames in (1, 7, 40, 61)]
    ctc_checks.padding_changes_nothing(shaken(small(subsampling, front)), clips)


@pytest.mark.parametrize(
    ("subsampling", "front", "around"),
    [(1, 0, 2 + 3), (2, 0, 2 + 6), (4, 0, 6 + 12), (8, 0, 14 + 24), (4, 5, 3 + 6 + 12)],
)
def test_an_answer_is_centred_on_the_frame_it_says(subsampling, front, around):
    model = shaken(small(subsampling, front))
    for block in model.blocks:
        torch.nn.init.zeros_(block.gate[2].weight)  # gates hear the whole clip
    assert ctc_checks.frames_of_an_answer(model, 12, 640) == (-around, around)


def test_it_learns_to_spell():
    ctc_checks.learns_to_spell(ConvCtc(12, 4, 24, (3, 3), 4, dropout=0), 12, 3, 60)


@pytest.mark.parametrize("front", [0, 5])
def test_it_exports_with_any_time(front):
    others = [torch.randn(1, 2, 12), torch.randn(4, 77, 12)]
    exports_with_any_time(shaken(small(front=front)), torch.randn(2, 50, 12), others)


def test_a_configuration_builds_it():
    config = ConvCtcConfig(channels=16, kernels=[5, 3], subsampling=2, dropout=0.3, front=4)
    model = config.build(Sizes(width=64, rate=100.0, outputs=7))
    assert isinstance(model, ConvCtc)
    assert (model.subsampling, len(model.blocks), model.leave[2].p) == (2, 2, 0.3)
    assert model.front.width == 4 * 16
    scores, lengths = model(torch.randn(2, 9, 64), torch.tensor([9, 4]))
    assert scores.shape == (2, 5, 7)
    assert lengths.tolist() == [5, 2]


def test_what_it_cannot_be_is_refused():
    with pytest.raises(DataError, match="is a waveform"):
        ConvCtcConfig().build(Sizes(width=1, rate=8000.0, outputs=7))
    with pytest.raises(ValidationError, match="kernels are odd"):
        ConvCtcConfig(kernels=[5, 4])
