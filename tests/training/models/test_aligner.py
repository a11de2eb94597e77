"""The aligner learns which frames sound like which token, from pairs alone."""

from __future__ import annotations

import numpy as np
import torch

from training.losses.alignment import forward_sum
from training.models.aligner import Aligner
from training.synthesis.alignment import durations_of

SOUNDS = torch.randn(6, 12, generator=torch.Generator().manual_seed(3))


def pairs(count: int = 12) -> tuple[torch.Tensor, ...]:
    """Texts of 5 tokens without a token next to itself, spoken with durations of their own, in a little noise."""
    draws = torch.Generator().manual_seed(1)
    tokens = torch.stack([torch.randperm(6, generator=draws)[:5] for _ in range(count)])
    durations = torch.randint(2, 12, (count, 5), generator=draws)
    longest = int(durations.sum(1).max())
    frames = torch.zeros(count, longest, 12)
    for row in range(count):
        spoken = SOUNDS[tokens[row].repeat_interleave(durations[row])]
        frames[row, : len(spoken)] = spoken + 0.3 * torch.randn(spoken.shape, generator=draws)
    return tokens, frames, durations


def test_a_known_alignment_is_learnt():
    torch.manual_seed(0)
    tokens, frames, durations = pairs()
    embedding, aligner = torch.nn.Embedding(6, 16), Aligner(16, 12)
    optimizer = torch.optim.Adam([*embedding.parameters(), *aligner.parameters()], lr=1e-2)
    lengths, ends = torch.full((len(tokens),), 5), durations.sum(1)
    for _ in range(50):
        scores = aligner(embedding(tokens), lengths, frames, ends)
        loss = forward_sum(scores, ends, lengths).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = durations_of(scores.detach().numpy(), ends.numpy(), lengths.numpy())
    assert np.abs(found - durations.numpy()).mean() < 0.05


def test_scores_are_exact_in_half_precision():
    torch.manual_seed(0)
    aligner, tokens, frames = Aligner(8, 80), torch.randn(1, 4, 8), torch.randn(1, 9, 80)
    with torch.no_grad():
        aligner.leave.weight.zero_()
        aligner.leave.bias.normal_()
        given = tokens, torch.tensor([4]), frames, torch.tensor([9])
        with torch.autocast("cpu", torch.bfloat16):
            half = aligner(*given)
        aligner.leave.bias.copy_(aligner.leave.bias.bfloat16())
        torch.testing.assert_close(half, aligner(*given), atol=1e-3, rtol=1e-4)


def test_padding_changes_nothing():
    torch.manual_seed(0)
    aligner, tokens, frames = Aligner(8, 12), torch.randn(1, 4, 8), torch.randn(1, 9, 12)
    alone = aligner(tokens, torch.tensor([4]), frames, torch.tensor([9]))
    longer = torch.full((2, 7, 8), 5.0), torch.full((2, 11, 12), -3.0)
    longer[0][0, :4], longer[1][0, :9] = tokens[0], frames[0]
    together = aligner(longer[0], torch.tensor([4, 7]), longer[1], torch.tensor([9, 11]))
    torch.testing.assert_close(together[0, :9, :4], alone[0], atol=1e-5, rtol=1e-5)
    assert (together[0, :, 4:] < -1000).all()
