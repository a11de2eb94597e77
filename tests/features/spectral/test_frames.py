from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.spectral.frames import Framer, Framing, blocks, frame_count
from tests.features.examples import QUICK

PAD_MODES = st.sampled_from(["constant", "reflect", "symmetric"])


@given(
    samples=st.integers(1, 3000),
    frame_length=st.integers(1, 600),
    hop_length=st.integers(1, 900),
    pad_mode=st.sampled_from(["constant", "reflect"]),
)
@QUICK
def test_frames_are_those_of_the_padded_signal(
    samples: int, frame_length: int, hop_length: int, pad_mode: Literal["constant", "reflect"]
) -> None:
    signal = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    padded = np.pad(signal, frame_length // 2, mode=pad_mode)
    wanted = np.lib.stride_tricks.sliding_window_view(padded, frame_length)[::hop_length]
    found = np.concatenate(blocks(signal, frame_length, hop_length, pad_mode))
    assert np.array_equal(found, wanted)
    assert len(found) == frame_count(samples, frame_length, hop_length)


@given(
    samples=st.integers(1, 2000),
    length=st.integers(1, 300),
    hop=st.integers(1, 400),
    before=st.integers(0, 500),
    after=st.integers(0, 500),
    pad_mode=PAD_MODES,
)
@QUICK
def test_any_framing_is_that_of_the_padded_signal(
    samples: int,
    length: int,
    hop: int,
    before: int,
    after: int,
    pad_mode: Literal["constant", "reflect", "symmetric"],
) -> None:
    signal = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    framing = Framing(length, hop, before, after, pad_mode)
    padded = np.pad(signal, (before, after), mode=pad_mode)
    found = framing.blocks(signal)
    assert sum(map(len, found)) == framing.count(samples)
    if len(padded) < length:
        assert not found
    else:
        wanted = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]
        assert np.array_equal(np.concatenate(found), wanted)


@given(
    samples=st.integers(1, 9000),
    length=st.integers(1, 3000),
    hop=st.integers(1, 400),
    before=st.integers(0, 3000),
    after=st.integers(0, 3000),
    pad_mode=PAD_MODES,
    sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=6).filter(any),
)
@QUICK
def test_pieces_of_any_sizes_make_the_same_blocks(
    samples: int,
    length: int,
    hop: int,
    before: int,
    after: int,
    pad_mode: Literal["constant", "reflect", "symmetric"],
    sizes: list[int],
) -> None:
    signal = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    framing = Framing(length, hop, before, after, pad_mode)
    framer, start, number, found = Framer(framing), 0, 0, []
    while start < samples:
        piece = signal[start : start + sizes[number % len(sizes)]].copy()
        found += [block.copy() for block in framer.push(piece)]
        start, number = start + len(piece), number + 1
        piece[:] = np.nan  # the framer keeps no memory of others
    found += framer.finish()
    wanted = framing.blocks(signal)
    assert [len(block) for block in found] == [len(block) for block in wanted]
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))


def test_a_signal_without_samples_has_no_frames() -> None:
    assert Framing.centred(400, 160).count(0) == 0
    assert Framing.centred(400, 160).blocks(np.empty(0, np.float32)) == []


@pytest.mark.parametrize("pad_mode", ["constant", "reflect"])
def test_blocks_have_a_fixed_size_from_the_first_frame_on(pad_mode: Literal["constant", "reflect"]) -> None:
    long = np.random.default_rng(0).standard_normal(100_000).astype(np.float32)
    sizes = [len(block) for block in blocks(long, 400, 160, pad_mode)]
    assert len(set(sizes[:-1])) == 1
    assert 0 < sizes[-1] <= sizes[0]
    assert sum(sizes) == frame_count(100_000, 400, 160)
    shorter = [len(block) for block in blocks(long[:50_000], 400, 160, pad_mode)]
    assert shorter[:-1] == sizes[: len(shorter) - 1]


def test_inner_blocks_are_views_of_the_signal() -> None:
    signal = np.zeros(200_000, np.float32)
    found = blocks(signal, 400, 160)
    assert all(np.shares_memory(block, signal) for block in found[1:-1])
    assert not np.shares_memory(found[0], signal)
    assert all(len(a) >= len(b) for a, b in pairwise(found))
