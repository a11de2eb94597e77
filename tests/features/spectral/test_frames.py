from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.spectral.frames import blocks, frame_count
from tests.features.examples import QUICK


@given(
    samples=st.integers(1, 3000),
    frame_length=st.integers(1, 600),
    hop_length=st.integers(1, 900),
    pad_mode=st.sampled_from(["constant", "reflect"]),
)
@QUICK
def test_frames_are_those_of_the_padded_signal(samples: int, frame_length: int, hop_length: int, pad_mode: str) -> None:
    signal = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    padded = np.pad(signal, frame_length // 2, mode=pad_mode)
    wanted = np.lib.stride_tricks.sliding_window_view(padded, frame_length)[::hop_length]
    found = np.concatenate(list(blocks(signal, frame_length, hop_length, pad_mode)))
    assert np.array_equal(found, wanted)
    assert len(found) == frame_count(samples, frame_length, hop_length)


@pytest.mark.parametrize("pad_mode", ["constant", "reflect"])
def test_blocks_have_a_fixed_size_from_the_first_frame_on(pad_mode: str) -> None:
    long = np.random.default_rng(0).standard_normal(100_000).astype(np.float32)
    sizes = [len(block) for block in blocks(long, 400, 160, pad_mode)]
    assert len(set(sizes[:-1])) == 1
    assert 0 < sizes[-1] <= sizes[0]
    assert sum(sizes) == frame_count(100_000, 400, 160)
    shorter = [len(block) for block in blocks(long[:50_000], 400, 160, pad_mode)]
    assert shorter[:-1] == sizes[: len(shorter) - 1]


def test_inner_blocks_are_views_of_the_signal() -> None:
    signal = np.zeros(200_000, np.float32)
    found = list(blocks(signal, 400, 160))
    assert all(np.shares_memory(block, signal) for block in found[1:-1])
    assert not np.shares_memory(found[0], signal)
    assert all(len(a) >= len(b) for a, b in pairwise(found))
