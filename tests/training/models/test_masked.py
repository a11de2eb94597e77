"""The masked normalisation against torch's own on the rows that are real."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from training.models.masked import MaskedBatchNorm, centred, within


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def test_a_clip_has_a_frame_at_least():
    assert within(4, torch.tensor([2, 4, 0])).int().tolist() == [[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]]


def test_the_mean_of_each_bin_is_taken_over_real_frames():
    x = torch.tensor([[[1.0, 10.0], [3.0, 20.0], [torch.nan, 7.0]]])
    assert centred(x, within(3, torch.tensor([2]))).tolist() == [[[-1, -5], [1, 5], [0, 0]]]


@pytest.mark.parametrize("affine", [False, True])
def test_it_is_torchs_normalisation_of_the_real_rows(affine):
    ours, theirs = MaskedBatchNorm(5, affine), nn.BatchNorm1d(5, affine=affine)
    if affine:
        with torch.no_grad():
            theirs.weight.copy_(ours.weight.uniform_(0.5, 2))
            theirs.bias.copy_(ours.bias.normal_())
    real = within(7, torch.tensor([7, 3]))
    for _ in range(3):
        x = (torch.randn(2, 7, 5) * torch.arange(1, 6) + 4).requires_grad_()
        rows = x[real].detach().requires_grad_()
        slope = torch.randn(10, 5)
        made = ours(x.where(real[:, :, None], torch.nan), real)
        expected = theirs(rows)
        torch.testing.assert_close(made[real], expected, atol=1e-5, rtol=1e-5)
        assert (made[~real] == 0).all()
        (made[real] * slope).sum().backward()
        (expected * slope).sum().backward()
        torch.testing.assert_close(x.grad[real], rows.grad, atol=1e-5, rtol=1e-5)
        assert (x.grad[~real] == 0).all()
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    torch.testing.assert_close(ours.eval()(x, real)[real], theirs.eval()(rows), atol=1e-5, rtol=1e-5)


def test_a_single_row_is_normalised_by_the_running_statistics():
    norm, every = MaskedBatchNorm(3), torch.tensor([True])
    norm.running_mean.fill_(2.0)
    norm.running_var.fill_(4.0)
    torch.testing.assert_close(norm(torch.tensor([[4.0, 2.0, 0.0]]), every), torch.tensor([[1.0, 0.0, -1.0]]))
    assert (norm.running_mean == 2).all()
    assert (norm.running_var == 4).all()
