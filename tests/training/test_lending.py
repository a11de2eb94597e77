"""What a worker lends is taken again once nobody holds a part of it, and never before."""

from __future__ import annotations

import gc
from itertools import islice
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.stores import LOG_MEL, Made, write_store
from training import lending
from training.buffers import SMALL
from training.lending import SLOTS, Lender
from training.loader import Loader, load


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 examples of a constant each, so that a batch that is written over shows."""
    made = [Made(f"{number:03}", {"log_mel": np.full((9000, 4), number, np.float16)}) for number in range(400)]
    return write_store(tmp_path_factory.mktemp("lending") / "store", {"train": made}, (LOG_MEL,))


@pytest.fixture
def loader(store: Path) -> Loader:
    return load(store, "train", batch_size=4, shuffle=False, workers=1)


def right(numbers: list[int], values: Tensor) -> bool:
    return all(bool((one == number).all()) for one, number in zip(values, numbers, strict=True))


def test_an_epoch_goes_through_a_few_slots(loader: Loader) -> None:
    places = set[int]()
    for batch in loader:
        places.add(batch.arrays["log_mel"].data_ptr())
        assert right([int(key) for key in batch.keys], batch.arrays["log_mel"])
    assert len(places) <= 6, "of 100 batches"


@pytest.mark.parametrize("part", [lambda made: made[1:, 5:], lambda made: made[1:].numpy(), lambda made: made[1:] + 0])
def test_what_is_held_is_not_written_over(loader: Loader, part) -> None:
    numbers, held = [], []
    for batch in islice(loader, 0, None, 7):
        numbers.append([int(key) for key in batch.keys][1:])
        held.append(part(batch.arrays["log_mel"]))
    assert len(held) == 15
    for number, values in zip(numbers, held, strict=True):
        assert right(number, torch.as_tensor(values))


def test_more_than_there_are_slots(loader: Loader) -> None:
    held = list(islice(loader, 2 * SLOTS))
    assert len({batch.arrays["log_mel"].data_ptr() for batch in held}) == 2 * SLOTS
    assert all(right([int(key) for key in batch.keys], batch.arrays["log_mel"]) for batch in held)
    places = {batch.arrays["log_mel"].data_ptr() for batch in held}
    del held
    assert {batch.arrays["log_mel"].data_ptr() for batch in loader} <= places


def test_batches_that_nobody_took_come_back(loader: Loader) -> None:
    places = set[int]()
    for _ in range(4 * SLOTS):
        for batch in loader:
            places.add(batch.arrays["log_mel"].data_ptr())
            break
    assert len(places) < SLOTS


@pytest.mark.parametrize("workers", [0, 1])
def test_a_batch_that_goes_on_to_another_process_is_its_own(store: Path, workers: int) -> None:
    made = load(store, "train", batch_size=4, shuffle=False, workers=workers)
    batch = next(iter(made))
    sent = ForkingPickler.dumps(batch)
    del batch
    assert sum(map(len, made)) == 400
    received = ForkingPickler.loads(sent)
    assert right([int(key) for key in received.keys], received.arrays["log_mel"])


def test_slots_of_workers_that_ended_are_let_go(store: Path) -> None:
    known = []
    for _ in range(3):
        made = load(store, "train", batch_size=4, workers=1)
        assert sum(map(len, made)) == 400
        known.append(set(lending._borrowed))
        del made
        gc.collect()
    assert known[2] - known[1]
    assert not known[2] & (known[1] - known[0])


def test_a_slot_that_is_too_small_makes_room_for_one_that_is_not() -> None:
    lender = Lender()
    for longer in range(1, 2 * SLOTS):
        taken = lender.take(longer * SMALL)
        assert taken.nbytes() >= longer * SMALL
        assert len(lender.pieces) == 1
    assert lender.lend(torch.zeros(3)) is None
