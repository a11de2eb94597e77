"""The angular margin against values worked by hand."""

from __future__ import annotations

import doctest
import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from training.losses import angular_margin
from training.losses.angular_margin import angular_margin_loss


def test_the_example_in_the_docstring():
    assert doctest.testmod(angular_margin).failed == 0


@pytest.mark.parametrize(
    ("degrees", "margin_degrees", "scale", "other", "expected"),
    [
        (60, 30, 1, 0.0, math.log(2)),  # cos(90) = 0 against 0
        (0, 60, 2, -0.5, math.log(1 + math.exp(-2))),  # 2 cos(60) = 1 against -1
        (90, 90, 1, -1.0, math.log(2)),  # cos(180) = -1 against -1
        (120, 30, 4, 0.5, math.log(1 + math.exp(2 + 4 * math.cos(math.radians(30))))),
        (180, 60, 1, 0.0, math.log(1 + math.exp(1.5))),  # beyond 120 degrees: -1 - 1 + cos(60) = -1.5
    ],
)
def test_values_worked_by_hand(degrees, margin_degrees, scale, other, expected):
    cosines = torch.tensor([[other, math.cos(math.radians(degrees))]], dtype=torch.float64)
    loss = angular_margin_loss(cosines, torch.tensor([1]), math.radians(margin_degrees), scale)
    assert loss.tolist() == pytest.approx([expected], abs=2e-4)  # the sine has a floor of 1e-4


def test_each_example_has_a_loss_of_its_own():
    cosines, targets = torch.tensor([[0.5, 0.0, 0.2], [0.1, -0.3, 0.9]]), torch.tensor([0, 1])
    both = angular_margin_loss(cosines, targets)
    each = [angular_margin_loss(cosines[n : n + 1], targets[n : n + 1]) for n in range(2)]
    torch.testing.assert_close(both, torch.cat(each))
    assert both.shape == (2,)


def test_no_margin_is_cross_entropy():
    cosines, targets = torch.linspace(-0.9, 0.9, 12).reshape(4, 3), torch.tensor([0, 1, 2, 1])
    expected = cross_entropy(30 * cosines, targets, reduction="none")
    torch.testing.assert_close(angular_margin_loss(cosines, targets, margin=0.0), expected)


@pytest.mark.parametrize("margin", [0.0, 0.2, 0.5, 1.5])
def test_it_falls_all_the_way_to_the_target_without_a_jump(margin):
    cosines = torch.stack([torch.linspace(-1, 1, 20001, dtype=torch.float64), torch.zeros(20001)], 1)
    steps = angular_margin_loss(cosines, torch.zeros(20001, dtype=torch.int64), margin, 1.0).diff()
    assert (steps < 1e-7).all()
    assert steps.abs().max() < 0.02  # 1e-4 apart, the sine moves by at most sqrt(2e-4)


@pytest.mark.parametrize("near", [-1.0, 1.0, 1.0000001, -1.0000001, -math.cos(0.2)])
def test_value_and_gradient_are_finite_everywhere(near):
    cosines = torch.tensor([[near, 1.0, -1.0]], requires_grad=True)
    loss = angular_margin_loss(cosines, torch.tensor([0]))
    loss.sum().backward()
    assert loss.isfinite().all()
    assert cosines.grad.isfinite().all()


def test_an_example_on_the_wrong_side_still_has_a_gradient():
    cosines = torch.tensor([[-0.999, 0.5]], requires_grad=True)
    angular_margin_loss(cosines, torch.tensor([0])).sum().backward()
    assert cosines.grad[0, 0] < -1
