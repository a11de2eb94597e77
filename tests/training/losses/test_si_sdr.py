"""The loss against the metric, its gradient against differences, and what silence and padding do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.losses.si_sdr import negative_si_sdr
from training.metrics.enhancement import si_sdr


def batch(*lengths: int, noise: float = 0.05, dtype: torch.dtype = torch.float32):
    """Estimates and targets whose padding is nan, and their lengths."""
    rng = torch.Generator().manual_seed(0)
    targets = torch.full((len(lengths), max(lengths) + 3), torch.nan, dtype=dtype)
    estimates = targets.clone()
    for row, length in enumerate(lengths):
        targets[row, :length] = 0.1 * torch.randn(length, generator=rng) + 0.02 * row
        estimates[row, :length] = 0.7 * targets[row, :length] + noise * torch.randn(length, generator=rng)
    return estimates, targets, torch.tensor(lengths)


def test_is_what_the_metric_measures():
    estimates, targets, lengths = batch(4000, 17, 900)
    losses = negative_si_sdr(estimates, targets, lengths)
    for loss, estimate, target, length in zip(losses, estimates, targets, lengths, strict=True):
        measured = si_sdr(estimate[:length].numpy(), target[:length].numpy())
        assert -loss.item() == pytest.approx(measured, abs=1e-3)


def test_value_worked_by_hand():
    # wanted is 1, -1, 0, 0 and the error 0, 0, 0.5, -0.5: 10 log10(2 / 0.5)
    loss = negative_si_sdr(torch.tensor([[1.0, -1, 0.5, -0.5]]), torch.tensor([[1.0, -1, 0, 0]]), torch.tensor([4]))
    assert loss.item() == pytest.approx(-10 * np.log10(4), abs=1e-4)


def test_the_soft_threshold_bounds_the_loss():
    estimates, targets, lengths = batch(4000, noise=0.001)
    free = negative_si_sdr(estimates, targets, lengths)
    bound = negative_si_sdr(estimates, targets, lengths, limit_db=30)
    assert free < -30
    # error and a thousandth of what is wanted, over what is wanted
    assert bound.item() == pytest.approx(10 * np.log10(10 ** (free.item() / 10) + 1e-3), abs=1e-4)
    assert negative_si_sdr(targets, targets, lengths, limit_db=30).item() == pytest.approx(-30, abs=1e-3)


@pytest.mark.parametrize("limit_db", [None, 30.0])
def test_gradient(limit_db):
    estimates, targets, lengths = batch(12, 5, dtype=torch.float64)
    targets[1] = 0  # silence has a gradient too
    estimates = estimates.nan_to_num(0.3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: negative_si_sdr(x, targets, lengths, limit_db), estimates)


def test_silence_is_finite():
    loud = 0.1 * torch.randn(3, 800, generator=torch.Generator().manual_seed(1))
    loud[1:] = 0
    estimates = torch.stack([torch.zeros(800), loud[0], torch.zeros(800)]).requires_grad_()
    losses = negative_si_sdr(estimates, loud, torch.tensor([800, 800, 800]))
    losses.sum().backward()
    assert losses.isfinite().all()
    assert estimates.grad.isfinite().all()
    power = (loud[0] - loud[0].mean()).square().mean().item()
    assert losses.tolist() == pytest.approx([0, 10 * np.log10(power / 1e-10 + 1), 0], abs=1e-3)


def test_padding_changes_nothing():
    estimates, targets, lengths = batch(700, 64, 1)
    losses = negative_si_sdr(estimates.requires_grad_(), targets, lengths)
    losses.sum().backward()
    for row, length in enumerate(lengths):
        alone = estimates.detach()[row : row + 1, :length].clone().requires_grad_()
        loss = negative_si_sdr(alone, targets[row : row + 1, :length], lengths[row : row + 1])
        loss.backward()
        torch.testing.assert_close(loss[0], losses[row])
        torch.testing.assert_close(alone.grad[0], estimates.grad[row, :length])
        assert not estimates.grad[row, length:].any()


def test_an_example_of_no_length_costs_nothing():
    estimates = torch.randn(1, 10, requires_grad=True)
    loss = negative_si_sdr(estimates, torch.randn(1, 10), torch.tensor([0]))
    loss.backward()
    assert loss.item() == 0
    assert not estimates.grad.any()


def test_half_precision_is_worked_out_in_float32():
    estimates, targets, lengths = batch(500)
    with torch.autocast("cpu", torch.bfloat16):
        found = negative_si_sdr(estimates.bfloat16(), targets, lengths)
    torch.testing.assert_close(found, negative_si_sdr(estimates.bfloat16().float(), targets, lengths))
    assert found.dtype == torch.float32
