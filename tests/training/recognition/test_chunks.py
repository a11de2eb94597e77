"""Chunks: they answer as the whole does for a model that hears no further than its context."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from training.recognition.chunks import Sizes, answered
from training.recognition.front import Front


class Local(nn.Module):
    """Scores from the sum of the frames around the middle of an answer; remembers how much it heard at once."""

    subsampling = 4

    def __init__(self, around: int) -> None:
        super().__init__()
        self.around, self.heard = around, []
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x, lengths):
        self.heard.append(x.shape[1])
        padded = nn.functional.pad(x.sum(2), (self.around, self.around))
        sums = padded.unfold(1, 2 * self.around + 1, 1).sum(2)[:, :: self.subsampling]
        return torch.stack([sums, sums.cos()], 2) * self.scale, -(-lengths // self.subsampling)


def front(frames, size):
    return Front(iter(np.array_split(frames, range(size, len(frames), size))), lambda piece: piece)


@pytest.mark.parametrize("frames", [1, 3, 59, 60, 61, 100, 237, 400])
@pytest.mark.parametrize("size", [7, 40, 1000])
def test_chunks_answer_as_the_whole(frames, size):
    x = np.random.default_rng(0).normal(size=(frames, 3)).astype(np.float32)
    whole, _ = Local(8)(torch.from_numpy(x)[None], torch.tensor([frames]))
    model = Local(8)
    found = list(answered(model, front(x, size), Sizes(kept=40, around=20)))
    log_probs = np.concatenate([one.log_probs for one in found])
    np.testing.assert_allclose(log_probs, whole[0].log_softmax(1).detach(), atol=1e-5)
    np.testing.assert_allclose(np.concatenate([one.loudness for one in found]), x.mean(1), atol=1e-6)
    assert max(model.heard) <= 80
    assert all(len(one.loudness) == 4 * len(one.log_probs) for one in found[:-1])
    assert (len(found) == 1) == (frames <= 60)


def test_sizes_follow_the_recordings_that_were_learnt_from():
    assert Sizes.of(10.0, 100.0, 4) == Sizes(kept=(250 - 2 * 38) * 4, around=38 * 4)
    assert Sizes.of(0.5, 100.0, 4) == Sizes.of(5.0, 100.0, 4) == Sizes(kept=75 * 4, around=25 * 4)
    assert Sizes.of(500.0, 100.0, 4) == Sizes.of(30.0, 100.0, 4)


def test_nothing_is_answered_to_nothing():
    assert list(answered(Local(8), Front(iter([]), lambda piece: piece), Sizes(40, 20))) == []
