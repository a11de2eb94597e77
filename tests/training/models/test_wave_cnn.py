"""M5: the size of its paper, its layers by hand, and what masks must keep."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import conv1d, max_pool1d

from tests.training.models.checks import exports_with_any_time, learns, padding_changes_nothing, shaken
from training.errors import DataError
from training.models.model import Sizes
from training.models.wave_cnn import M5, M5Config


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def test_parameters_are_those_of_the_paper():
    """Table 1 says 0.5 million; the kernels alone are 551 thousand, and 0.56 million are all."""
    kernels = 80 * 128 + 3 * 128 * 128 + 3 * 128 * 256 + 3 * 256 * 512
    count = sum(parameter.numel() for parameter in M5(10).parameters())
    assert count == kernels + 2 * (128 + 128 + 256 + 512) + 512 * 10 + 10
    assert count / 1e6 == pytest.approx(0.56, abs=0.005)


def test_shapes_are_those_of_the_papers_table_1():
    model, shapes = M5(10).eval(), []
    for norm in model.norms:
        norm.register_forward_hook(lambda part, given, made: shapes.append((made.shape[1], made.shape[3])))
    assert model(torch.randn(1, 32000, 1), torch.tensor([32000])).shape == (1, 10)
    assert shapes == [(128, 8000), (128, 2000), (256, 500), (512, 128)]  # 125, and 3 steps more to whole pools


@pytest.mark.parametrize(
    ("rate", "kernel", "stride"), [(8000, 80, 4), (16000, 160, 8), (11025, 110, 6), (44100, 441, 22)]
)
def test_filters_last_10_ms_at_any_rate(rate, kernel, stride):
    model = M5Config(channels=8).build(Sizes(1, float(rate), 4))
    assert isinstance(model, M5)
    assert (model.first.kernel_size, model.first.stride) == ((1, kernel), (1, stride))


def test_it_is_the_papers_layers_on_a_standardised_clip():
    model, wave = shaken(M5(3, channels=8)).double(), torch.rand(1, 2048, dtype=torch.float64) * 0.1
    y = torch.nn.functional.pad(((wave - wave.mean()) / wave.std(correction=0))[:, None], (39, 40))
    kernels = [model.first.weight[:, :, 0], *(layer.weight[:, :, 0] for layer in model.others)]
    for number, (kernel, norm) in enumerate(zip(kernels, model.norms, strict=True)):
        y = conv1d(y, kernel, stride=1 if number else 4, padding=1 if number else 0)
        y = max_pool1d(torch.relu(norm(y[:, :, None])[:, :, 0]), 4)
    assert y.shape == (1, 32, 2)
    torch.testing.assert_close(model(wave[:, :, None], torch.tensor([2048])), model.classify(y.mean(2)))


def test_padding_changes_nothing_in_evaluation():
    model = shaken(M5(5, 40, 4, channels=16))
    padding_changes_nothing(model, [0.1 * torch.randn(samples, 1) for samples in (1, 17, 300, 1024, 1025, 5000)])


def test_neither_level_nor_offset_is_heard_and_silence_is_no_error():
    model, x, lengths = shaken(M5(5, 40, 4, channels=16)), torch.randn(2, 3000, 1), torch.tensor([3000, 1000])
    torch.testing.assert_close(model(0.01 * x + 0.2, lengths), model(x, lengths), atol=1e-4, rtol=1e-4)
    assert model(torch.zeros(1, 3000, 1), torch.tensor([3000])).isfinite().all()


def test_it_learns():
    lengths = torch.tensor([4000, 3500, 3000, 2500])
    learns(M5(4, 40, 4, channels=16), 0.1 * torch.randn(4, 4000, 1), lengths, steps=16, lr=1e-2)


def test_it_can_be_exported():
    x, others = torch.randn(2, 3000, 1), [torch.randn(1, 90, 1), torch.randn(4, 5123, 1)]
    exports_with_any_time(M5(5, 40, 4, channels=8), x, others)


def test_features_are_refused():
    with pytest.raises(DataError, match="m5 hears a waveform"):
        M5Config().build(Sizes(64, 100.0, 5))
