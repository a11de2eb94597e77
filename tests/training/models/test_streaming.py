"""StreamingDenoiser: pieces of any size, joined, are what the model answers offline; memory does not grow."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.features.examples import QUICK
from tests.training.models.test_fast_enhancer import answer, trained
from training.errors import DataError
from training.models.streaming import BLOCKS_AT_ONCE, StreamingDenoiser


@pytest.fixture(scope="module")
def model():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return trained()


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(samples, generator=torch.Generator().manual_seed(samples))


@QUICK
@given(sizes=st.lists(st.one_of(st.integers(0, 40), st.integers(0, 3000)), max_size=12))
def test_any_pieces_give_the_offline_answer(model, sizes):
    clip = noise(sum(sizes))
    stream = StreamingDenoiser(model)
    pieces = [stream.feed(piece) for piece in clip.split(sizes)] + [stream.finish()]
    told = torch.cat(pieces)
    assert len(told) == len(clip)
    if len(clip):
        assert torch.allclose(told, answer(model, clip)[0], atol=1e-5)


def test_a_long_piece_is_answered_in_runs(model):
    clip = noise(BLOCKS_AT_ONCE * model.hop * 2 + 1234)
    stream = StreamingDenoiser(model)
    assert torch.allclose(torch.cat([stream.feed(clip), stream.finish()]), answer(model, clip)[0], atol=1e-5)


def test_what_is_certain_is_told_at_once(model):
    stream = StreamingDenoiser(model)
    hop, heard, told = model.hop, 0, 0
    for size in (1, hop, 2 * hop, 17, hop - 18, 5 * hop + 3):
        heard += size
        told += len(stream.feed(noise(size)))
        assert told == max(0, heard // hop - 1) * hop


def test_a_stream_keeps_less_than_a_block_and_its_state(model):
    stream = StreamingDenoiser(model)
    for _ in range(3):
        stream.feed(noise(100 * model.hop + 77))
    kept = [stream._rest, *stream._state]
    assert sum(tensor.untyped_storage().nbytes() for tensor in kept) < 200 * 1024


def test_after_the_end_comes_another_recording(model):
    stream = StreamingDenoiser(model)
    for samples in (5000, 700):
        clip = noise(samples)
        assert torch.allclose(torch.cat([stream.feed(clip), stream.finish()]), answer(model, clip)[0], atol=1e-5)


def test_a_model_that_trains_is_refused(model):
    with pytest.raises(DataError, match=r"model\.eval"):
        StreamingDenoiser(trained().train())
    with pytest.raises(DataError, match="one dimension"):
        StreamingDenoiser(model).feed(torch.zeros(1, 100))
