"""Statistics of the parts of a clip, by hand; and the linear layer on them."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import torch

from tests.training.models.checks import exports_with_any_time, learns, padding_changes_nothing, shaken
from training.errors import DataError
from training.models import statistics_linear
from training.models.model import Sizes
from training.models.statistics_linear import StatisticsLinear, StatisticsLinearConfig, parts


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize(
    ("length", "segments", "weights"),
    [
        (4, 2, [[1 / 2, 1 / 2, 0, 0], [0, 0, 1 / 2, 1 / 2]]),
        (3, 2, [[2 / 3, 1 / 3, 0, 0], [0, 1 / 3, 2 / 3, 0]]),  # the frame in the middle is shared
        (1, 2, [[1, 0, 0, 0], [1, 0, 0, 0]]),
        (2, 1, [[1 / 2, 1 / 2, 0, 0]]),
    ],
)
def test_parts_are_equally_long(length, segments, weights):
    np.testing.assert_allclose(parts(4, torch.tensor([length]), segments)[0].numpy(), weights, rtol=1e-12)


def test_the_example_in_the_docstring():
    assert doctest.testmod(statistics_linear).failed == 0


def test_statistics_are_those_of_each_part():
    x = np.random.default_rng(2).normal(-40, 10, (2, 24, 5)).astype(np.float32)
    described = StatisticsLinear(5, 3, 4).describe(torch.from_numpy(x), torch.tensor([24, 12]))
    for row, clip in zip(described.numpy(), (x[0], x[1, :12]), strict=True):
        cut = np.split(clip.astype(np.float64), 4)
        expected = [part.mean(0) for part in cut] + [part.std(0) for part in cut]
        np.testing.assert_allclose(row, np.concatenate(expected), rtol=1e-5)


def test_a_part_that_never_changes_has_hardly_a_deviation():
    described = StatisticsLinear(2, 3, 1).describe(torch.full((1, 9, 2), -100.0), torch.tensor([9]))
    assert described.tolist() == [pytest.approx([-100, -100, 1e-4, 1e-4])]


def test_it_is_one_linear_layer_on_standardised_statistics():
    model, x = StatisticsLinearConfig(segments=2).build(Sizes(3, 100.0, 4)), torch.randn(6, 10, 3)
    lengths = torch.full((6,), 10)
    assert isinstance(model, StatisticsLinear)
    found = model.describe(x, lengths)
    standard = (found - found.mean(0)) / (found.var(0, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(model(x, lengths), standard @ model.classify.weight.T + model.classify.bias)
    assert sum(parameter.numel() for parameter in model.parameters()) == 2 * 2 * 3 * 4 + 4


def test_padding_changes_nothing_in_evaluation():
    model = shaken(StatisticsLinear(16, 5))
    padding_changes_nothing(model, [torch.randn(frames, 16) for frames in (1, 7, 40, 61)])


def test_it_learns():
    learns(StatisticsLinear(16, 6), torch.randn(6, 30, 16), torch.tensor([30, 25, 20, 15, 10, 5]))


def test_a_batch_of_one_clip_can_be_learnt_from():
    assert StatisticsLinear(16, 6)(torch.randn(1, 30, 16), torch.tensor([30])).isfinite().all()


def test_it_can_be_exported():
    exports_with_any_time(
        StatisticsLinear(16, 5), torch.randn(2, 30, 16), [torch.randn(1, 77, 16), torch.randn(4, 3, 16)]
    )


def test_a_waveform_is_refused():
    with pytest.raises(DataError, match="linear hears features"):
        StatisticsLinearConfig().build(Sizes(1, 16000.0, 5))
