from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from features.draws import Draws
from features.errors import ChainError
from features.example import Features
from features.neural.patches import Patches
from features.stage import FeatureShape, Rejected
from tests.features.examples import QUICK

DRAWS = Draws(0, "patches", 0, "key", 0)


@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 20)),
    patch=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    stride=st.none() | st.tuples(st.integers(1, 14), st.integers(1, 14)),
)
@QUICK
def test_equals_torchs_unfold(shape: tuple[int, int], patch: tuple[int, int], stride: tuple[int, int] | None) -> None:
    frames = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    stage = Patches(
        patch_frames=patch[0],
        patch_bins=patch[1],
        stride_frames=stride[0] if stride else None,
        stride_bins=stride[1] if stride else None,
    )
    if patch[1] > shape[1]:
        with pytest.raises(ChainError, match=f"{shape[1]} bins, and a patch has {patch[1]}"):
            stage.check({"log_mel": FeatureShape(shape[1])})
        assert isinstance(stage.transform(Features(frames, 100.0), DRAWS), Rejected)
        return
    found = stage.transform(Features(frames, 100.0), DRAWS)
    if patch[0] > shape[0]:
        assert isinstance(found, Rejected)
        assert f"a patch has {patch[0]} frames" in found.reason
        return
    assert isinstance(found, Features)
    wanted = torch.nn.functional.unfold(torch.from_numpy(frames)[None, None], patch, stride=stride or patch)[0].T
    assert np.array_equal(found.frames, wanted.numpy())
    assert found.frames.flags.c_contiguous
    promised = stage.shape(FeatureShape(shape[1], 100.0, shape[0]))
    assert promised == FeatureShape(found.frames.shape[1], found.frame_rate, len(found.frames))


def test_the_rate_counts_patches() -> None:
    frames = np.zeros((1000, 80), np.float32)
    found = Patches().transform(Features(frames, 100.0), DRAWS)
    assert isinstance(found, Features)
    assert found.frames.shape == (62 * 5, 256)
    assert found.frame_rate == 100 / 16 * 5


def test_the_input_is_not_what_comes_out() -> None:
    frames = np.zeros((1, 4), np.float32)
    found = Patches(patch_frames=1, patch_bins=4).transform(Features(frames, 100.0), DRAWS)
    assert isinstance(found, Features)
    assert not np.shares_memory(found.frames, frames)
