"""ConvNeXt blocks in time: what they see, and what they begin as."""

from __future__ import annotations

import torch

from training.models.conv_next import KERNEL, ConvNextBlock


def test_a_block_of_scale_zero_changes_nothing():
    block, x = ConvNextBlock(8, 16, 0.0), torch.randn(2, 9, 8)
    assert torch.equal(block(x, torch.ones(2, 9, dtype=torch.bool)), x)


def test_a_frame_sees_three_others_to_either_side():
    torch.manual_seed(0)
    block, x, real = ConvNextBlock(8, 16, 1.0).eval(), torch.randn(1, 30, 8), torch.ones(1, 30, dtype=torch.bool)
    other = x.clone()
    other[0, 15] += 1
    changed = (block(x, real) - block(other, real)).abs().amax((0, 2)).nonzero()[:, 0].tolist()
    assert changed == list(range(15 - KERNEL // 2, 16 + KERNEL // 2))


def test_frames_that_are_not_real_are_silent_for_the_others():
    torch.manual_seed(1)
    block, x = ConvNextBlock(8, 16, 1.0).eval(), torch.randn(1, 12, 8)
    real = torch.arange(12)[None] < 7
    alone = block(x[:, :7], real[:, :7])
    x[:, 7:] = torch.nan
    torch.testing.assert_close(block(x, real)[:, :7], alone)
