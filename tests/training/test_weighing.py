"""Draws by weight: shares of stores and values within what chance allows, and the loader's promises under draws.

Bounds are five standard deviations wide, and seeds are fixed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from manifests.spec import ArraySpec
from tests.stores import Made, log_mel, write_store
from training import loader
from training.batches import Plan
from training.collate import Batch
from training.errors import DataError
from training.loader import load

EPOCHS = 15


def stored(name: str, digits: str, frames: tuple[int, int] = (2, 30)) -> list[Made]:
    """A recording of each digit of a text, by a speaker who says no other."""
    rng = np.random.default_rng(len(digits))
    return [
        Made(f"{name}/{n:03}", {"log_mel": log_mel(rng, int(rng.integers(*frames)))}, {"digit": digit}, f"says {digit}")
        for n, digit in enumerate(digits)
    ]


LARGE = stored("large", "0123456789" * 9 + "7" * 33)
SMALL = stored("small", "0012" * 2, (10, 60))
EVERY = [made.key for made in LARGE + SMALL]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A store of thirteen shards, and one of a single shard."""
    folder = tmp_path_factory.mktemp("stores")
    large = write_store(folder / "large", {"train": LARGE})
    return [large, write_store(folder / "small", {"train": SMALL})]


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of two shards, so that a store of ten shards has several."""
    monkeypatch.setattr(loader, "Plan", partial(Plan, window_shards=2, window_rows=20))


def drawn(train: Any, epochs: int = EPOCHS) -> Counter[str]:
    return Counter(key for _ in range(epochs) for batch in train for key in real(batch))


def real(batch: Batch) -> Iterable[str]:
    return (key for key, weight in zip(batch.keys, batch.weight, strict=True) if weight)


def assert_shares(counts: Counter[Any], expected: dict[Any, float]) -> None:
    """The counts are as likely draws of these shares: binomial, each."""
    total = counts.total()
    assert counts.keys() <= expected.keys()
    for value, share in expected.items():
        assert abs(counts[value] - total * share) < 5 * np.sqrt(total * share * (1 - share)), value


@pytest.mark.parametrize("weights", [[1, 1], [3.0, 1.0], [1e-3, 9e-3]], ids=str)
def test_stores_have_the_shares_that_their_weights_say(stores: list[Path], weights: list[float]) -> None:
    counts = drawn(load(stores, "train", batch_size=8, weights=weights))
    assert counts.total() == EPOCHS * len(EVERY), "an epoch has as many draws as examples"
    large, small = (share / sum(weights) for share in weights)
    by_store = Counter({store: sum(n for key, n in counts.items() if key.startswith(store)) for store in ("la", "sm")})
    assert_shares(by_store, {"la": large, "sm": small})
    shares = {key: large / len(LARGE) if key.startswith("large") else small / len(SMALL) for key in EVERY}
    assert_shares(counts, shares)


def test_a_store_of_one_shard_is_drawn_from_all_the_way(stores: list[Path]) -> None:
    train = load(stores, "train", batch_size=8, weights=[1, 1])
    windows = train.source.plan.epoch(0).windows
    by_window = [Counter[str]() for _ in windows]
    for _ in range(EPOCHS):
        taken = list(train.source.plan.epoch(train.epoch).sizes)
        keys = [key for batch in train for key in batch.keys]
        for counts, size in zip(by_window, taken, strict=True):
            counts.update(key[:5] for key in keys[:size])
            keys = keys[size:]
    assert len(windows) > 4
    for counts in by_window:
        assert 0.35 < counts["small"] / counts.total() < 0.65


def test_values_of_a_label_come_equally_often(stores: list[Path]) -> None:
    for label, values in (("digit", [*"0123456789"]), ("speaker", [f"says {digit}" for digit in range(10)])):
        train = load(stores, "train", batch_size=8, balance=label)
        counts: Counter[Any] = Counter()
        for _ in range(EPOCHS):
            for batch in train:
                counts.update(batch.speakers if label == "speaker" else [found["digit"] for found in batch.labels])
        assert_shares(counts, dict.fromkeys(values, 0.1))
    digits = {made.key: made.labels["digit"] for made in LARGE + SMALL}
    rare = Counter(digits.values())
    counts = drawn(load(stores, "train", batch_size=8, balance="digit"))
    assert_shares(counts, {key: 0.1 / rare[digit] for key, digit in digits.items()})


def test_values_come_equally_often_within_stores_that_have_shares(stores: list[Path]) -> None:
    counts = drawn(load(stores, "train", batch_size=8, balance="digit", weights=[1, 3]))
    digits = {made.key: made.labels["digit"] for made in LARGE + SMALL}
    found: Counter[Any] = Counter()
    for key, count in counts.items():
        found[key[:5], digits[key]] += count
    expected = {("large", digit): 0.025 for digit in "0123456789"} | {("small", digit): 0.25 for digit in "012"}
    assert_shares(found, expected)


def test_what_where_and_a_join_leave_is_balanced(stores: list[Path], tmp_path: Path) -> None:
    some = [made for number, made in enumerate(LARGE) if number % 3]
    other = [Made(made.key, {"more": made.arrays["log_mel"]}) for made in some]
    write_store(tmp_path, {"train": other}, [ArraySpec("more", "features", "float16", 4, 100.0)])
    wanted: dict[str, Any] = {"join": tmp_path, "where": "digit in ['1', '7']", "balance": "digit"}
    counts = drawn(load(stores[0], "train", batch_size=8, **wanted))
    left = {made.key: made.labels["digit"] for made in some if made.labels["digit"] in "17"}
    each = Counter(left.values())
    assert each["7"] > 2 * each["1"]
    assert_shares(counts, {key: 0.5 / each[digit] for key, digit in left.items()})


@pytest.mark.parametrize("size", [{"batch_size": 8}, {"batch_seconds": 2.5}], ids=["size", "seconds"])
def test_draws_are_the_same_for_any_ranks_and_workers(stores: list[Path], size: dict[str, Any]) -> None:
    wanted: dict[str, Any] = {"weights": [1, 2], "balance": "digit", **size}
    alone = load(stores, "train", rank=0, world=1, **wanted)
    for epoch in range(2):
        assert len(alone) == len(expected := [batch.keys for batch in alone])
        for world in (2, 3):
            ranks = [load(stores, "train", rank=rank, world=world, workers=rank % 2, **wanted) for rank in range(world)]
            for rank in ranks:
                rank.set_epoch(epoch)
            lengths = {len(rank) for rank in ranks}
            taken = [list(rank) for rank in ranks]
            assert lengths == {len(batches) for batches in taken} == {-(-len(expected) // world)}
            steps = [batch for step in zip(*taken, strict=True) for batch in step]
            assert [batch.keys for batch in steps if batch.weight.all()] == expected
            assert sum(float(batch.weight.sum()) for batch in steps) == len(EVERY)


@pytest.mark.parametrize("size", [{"batch_size": 8}, {"batch_seconds": 2.5}], ids=["size", "seconds"])
def test_draws_go_on_where_they_were(stores: list[Path], size: dict[str, Any]) -> None:
    make = partial(load, stores, "train", weights=[1, 2], balance="digit", **size)
    states, whole = [], []
    train = make()
    for batch in train:
        whole.append(batch.keys)
        states.append(json.loads(json.dumps(train.state_dict())))
    following = [batch.keys for batch in train]
    assert whole != following
    for step, state in enumerate(states, 1):
        resumed = make()
        resumed.load_state_dict(state)
        rest = [batch.keys for batch in resumed]
        assert rest == (whole[step:] or following)
    other = load(stores, "train", weights=[1, 3], balance="digit", **size)
    with pytest.raises(DataError, match=r"weights is '\w+' and was '\w+'"):
        other.load_state_dict(states[0])


def test_a_label_that_is_a_list_counts_as_a_set(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tags = [["a", "b"], ["b", "a"], ["a"], [], []]
    made = [Made(f"{n}", {"log_mel": log_mel(rng, 5)}, {"tags": found}) for n, found in enumerate(tags)]
    write_store(tmp_path, {"train": made})
    counts = drawn(load(tmp_path, "train", batch_size=2, balance="tags"), 200)
    assert_shares(counts, {"0": 1 / 6, "1": 1 / 6, "2": 1 / 3, "3": 1 / 6, "4": 1 / 6})


def test_mistakes_are_named(stores: list[Path], tmp_path: Path) -> None:
    write_store(tmp_path, {"train": [*LARGE, Made("unlabelled", LARGE[0].arrays)]})
    with pytest.raises(DataError, match="balance: digit: 1 examples do not have it"):
        load(tmp_path, "train", batch_size=8, balance="digit")
    load(tmp_path, "train", batch_size=8, balance="digit", where="digit is not None")
    for weights in ([1, 0], [1, -1], [1, float("nan")], [1, float("inf")]):
        with pytest.raises(DataError, match="weights are above 0"):
            load(stores, "train", batch_size=8, weights=weights)
    with pytest.raises(DataError, match="1 weights for 2 stores"):
        load(stores, "train", batch_size=8, weights=[1])
    with pytest.raises(DataError, match="no example is left of store 1, counted from 0"):
        load(stores, "train", batch_size=8, weights=[1, 2], where="key < 'm'")
    with pytest.raises(DataError, match="weights and balance draw examples; leave them out, or shuffle=False"):
        load(stores, "train", batch_size=8, weights=[1, 2], shuffle=False)
