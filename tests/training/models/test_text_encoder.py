"""The text encoder: whatever pads a batch, and where a token stands counts."""

from __future__ import annotations

import math

import torch

from training.models.text_encoder import TextEncoder, places


def test_padding_changes_nothing():
    torch.manual_seed(0)
    encoder, text = TextEncoder(16, 2, 2, 0.1).eval(), torch.randn(1, 5, 16)
    alone = encoder(text, torch.ones(1, 5, dtype=torch.bool))
    longer = torch.randn(1, 9, 16)
    longer[:, :5] = text
    together = encoder(longer, torch.arange(9)[None] < 5)
    torch.testing.assert_close(together[:, :5], alone, atol=1e-5, rtol=1e-5)


def test_tokens_hear_each_other_and_know_their_places():
    torch.manual_seed(0)
    encoder, text, real = TextEncoder(16, 1, 2, 0.0).eval(), torch.randn(1, 12, 16), torch.ones(1, 12, dtype=torch.bool)
    other = text.clone()
    other[0, 11, 3] += 1
    assert ((encoder(text, real) - encoder(other, real)).abs().amax(2) > 1e-5).all()
    same = encoder(text[:, :1].expand(-1, 12, -1), real)
    assert (same[0, 0] - same[0, 5]).abs().max() > 1e-2


def test_places_are_sinusoids():
    found = places(30, 8)
    for place in (0, 7, 29):
        for channel in range(4):
            angle = place / 10_000 ** (channel / 4)
            assert math.isclose(found[place, channel].item(), math.sin(angle), abs_tol=1e-5)
            assert math.isclose(found[place, 4 + channel].item(), math.cos(angle), abs_tol=1e-5)
