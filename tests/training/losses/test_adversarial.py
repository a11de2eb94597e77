"""What a critic says of answers, and that each side learns from its own losses alone."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from training.losses.adversarial import judge
from training.losses.spectral import Resolution
from training.models.spectral_critic import SpectralCritic, View

LENGTHS = torch.tensor([3, 2])


class Worded(nn.Module):
    """Two resolutions of one layer each; a frame is a sample, its feature `gain` times it, and so is its score."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor([2.0, -1.0]))

    def forward(self, signals, lengths):
        real = (torch.arange(signals.shape[1]) < lengths[:, None]).float()[:, None, :, None]
        pairs = [torch.stack([signals, 10 * signals], 1)[..., None] * gain * real for gain in self.gain]
        return [[View(pair, real), View(pair[:, :1], real)] for pair in pairs]


def test_losses_are_those_of_the_paper():
    wanted = torch.tensor([[0.25, 1.0, -1.0], [2.0, 0.0, 9.0]])
    found = torch.tensor([[0.5, 0.0, -0.25], [-1.0, 0.25, 9.0]])
    adversarial, matching, own = judge(Worded(), found, wanted, LENGTHS).unbind(1)
    # scores of answers: 1, 0, -0.5 and -0.5, 0, 0.25; -2, 0.5 and 1, -0.25
    assert adversarial.tolist() == pytest.approx([((0 + 1 + 1.5) / 3 + (1.5 + 1 + 0.75) / 3) / 2, (1.75 + 0.625) / 2])
    # mean over one feature and ten times it of |difference|, times 2 and 1
    first, second = (0.25 + 1 + 0.75) / 3, (3 + 0.25) / 2
    assert matching.tolist() == pytest.approx([5.5 * (2 + 1) / 2 * first, 5.5 * (2 + 1) / 2 * second])
    # of recordings: 0.5, 2, -2 and -0.25, -1, 1; 4, 0 and -2, 0
    true = [((0.5 + 0 + 3) / 3 + (1.25 + 2 + 0) / 3) / 2, ((0 + 1) / 2 + (3 + 1) / 2) / 2]
    false = [((2 + 1 + 0.5) / 3 + (0.5 + 1 + 1.25) / 3) / 2, ((0 + 1.5) / 2 + (2 + 0.75) / 2) / 2]
    assert own.tolist() == pytest.approx([a + b for a, b in zip(true, false, strict=True)])


def plainly(critic, found, wanted, lengths):
    """The three losses from views by separate calls, with the history of everything."""
    rows = []
    for of_found, of_wanted in zip(critic(found, lengths), critic(wanted, lengths), strict=True):

        def mean(values, real):
            return (values * real).sum((1, 2, 3)) / (real.sum((1, 2, 3)) * values.shape[1] * values.shape[3])

        real = of_found[-1].real
        cheat = mean((1 - of_found[-1].values).relu(), real)
        own = mean((1 - of_wanted[-1].values).relu(), real) + mean((1 + of_found[-1].values).relu(), real)
        pairs = list(zip(of_found, of_wanted, strict=True))[:-1]
        matching = [mean((one.values - other.values).abs(), one.real) for one, other in pairs]
        rows.append(torch.stack([cheat, torch.stack(matching).mean(0), own], 1))
    return torch.stack(rows).mean(0)


def test_each_side_has_the_gradient_of_its_own_losses_alone():
    torch.manual_seed(3)
    critic = SpectralCritic([Resolution(64, 10, 50), Resolution(128, 30, 100)], 4).double()
    answer = (0.1 * torch.randn(2, 700, dtype=torch.float64)).requires_grad_()
    wanted, lengths = 0.1 * torch.randn(2, 700, dtype=torch.float64), torch.tensor([700, 520])
    shares = torch.tensor([0.7, 1.3, 1.0], dtype=torch.float64)
    frozen, alone = copy.deepcopy(critic).requires_grad_(False), copy.deepcopy(critic)

    (judge(critic, answer, wanted, lengths) @ shares).sum().backward()  # of scores and features in float32

    of_answer = (plainly(frozen, answer, wanted, lengths)[:, :2] @ shares[:2]).sum()
    torch.testing.assert_close(answer.grad, torch.autograd.grad(of_answer, answer)[0], rtol=1e-5, atol=1e-9)
    of_critic = plainly(alone, answer.detach(), wanted, lengths)[:, 2].sum()
    expected = torch.autograd.grad(of_critic, list(alone.parameters()))
    for weight, wished in zip(critic.parameters(), expected, strict=True):
        torch.testing.assert_close(weight.grad, wished, rtol=1e-5, atol=1e-9)
    assert answer.grad.abs().max() > 1e-6
