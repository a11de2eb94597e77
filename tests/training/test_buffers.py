"""Memory of batches is taken again, and never while somebody holds a part of it."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch

from tests.stores import LOG_MEL, Made, write_store
from training import buffers
from training.buffers import SMALL, empty
from training.loader import load

SHAPE = (4, SMALL // 8, 1)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(buffers._pool, "pieces", [])


@pytest.mark.parametrize(
    "part",
    [
        lambda made: made,
        lambda made: made[1, 2:9],
        lambda made: made.numpy(),
        lambda made: made.view(-1).numpy()[5:7],
        lambda made: made.detach().transpose(0, 1),
        lambda made: torch.nn.functional.linear(made, torch.ones(1, 1, requires_grad=True)).grad_fn,
    ],
)
def test_what_is_held_is_not_taken_again(part):
    first = empty(SHAPE, torch.float32)
    place, held = first.data_ptr(), part(first)
    del first
    assert empty(SHAPE, torch.float32).data_ptr() != place
    del held
    gc.collect()
    assert empty(SHAPE, torch.float32).data_ptr() == place


def test_shapes_and_types_differ_in_one_buffer():
    first = empty(SHAPE, torch.float32)
    place = first.data_ptr()
    del first
    found = empty((2, SMALL // 8), torch.int64)
    assert (found.data_ptr(), found.shape, found.dtype) == (place, (2, SMALL // 8), torch.int64)


def test_many_at_once_are_all_apart_and_few_are_kept():
    made = [empty(SHAPE, torch.float32).fill_(number) for number in range(3 * buffers.MOST)]
    assert [int(one.unique()) for one in made] == list(range(3 * buffers.MOST))
    assert len(buffers._pool.pieces) == buffers.MOST


def test_a_longer_batch_takes_the_place_of_a_shorter_one():
    for longer in range(1, 3 * buffers.MOST):
        assert empty((longer, SMALL), torch.float32).shape == (longer, SMALL)
    assert len(buffers._pool.pieces) <= buffers.MOST


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_that_is_kept_is_the_one_that_was_read(tmp_path, workers):
    rng = np.random.default_rng(0)
    made = [
        Made(f"{number:03}", {"log_mel": rng.normal(size=(int(rng.integers(3000, 9000)), 4)).astype(np.float16)})
        for number in range(48)
    ]
    store = write_store(tmp_path / "store", {"train": made}, (LOG_MEL,))
    batches = list(load(store, "train", batch_size=8, workers=workers))
    assert sum(map(len, batches)) == 48
    for batch in batches:
        for key, values, length in zip(batch.keys, batch.arrays["log_mel"], batch.lengths["log_mel"], strict=True):
            assert np.array_equal(values[:length].numpy(), made[int(key)].arrays["log_mel"].astype(np.float32))
            assert not values[length:].any()
