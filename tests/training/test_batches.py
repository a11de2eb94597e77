"""The numbering of batches: exact coverage, equal steps, and resuming anywhere, with no store and no audio."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pytest

from training.batches import Epoch, Plan, Position, Turn
from training.errors import DataError

COUNTS = [13, 1, 40, 7, 22, 9, 31, 5, 18, 2, 27, 11]
RNG = np.random.default_rng(1)
SECONDS = [RNG.uniform(0.3, 12.0, count) for count in COUNTS]
SIZED = Plan(COUNTS, seed=3, batch_size=8, window_shards=2, window_rows=30)
TIMED = Plan(COUNTS, seed=3, batch_seconds=40.0, window_shards=2, window_rows=30)
ORDERED = Plan(COUNTS, shuffle=False, batch_size=8, window_shards=2, window_rows=30)
PLANS = pytest.mark.parametrize("plan", [SIZED, TIMED, ORDERED], ids=["size", "seconds", "ordered"])

Batch = tuple[tuple[int, int], ...]


def batches(epoch: Epoch, window: int) -> list[Batch]:
    """The batches of a window, each row as (shard, row of the shard)."""
    shards = epoch.windows[window]
    rows = [(shard, row) for shard in shards for row in range(COUNTS[shard])]
    seconds = np.concatenate([SECONDS[shard] for shard in shards])
    return [tuple(rows[i] for i in batch) for batch in epoch.batches(window, seconds)]


def turns(plan: Plan, start: Position, rank: int, world: int) -> Iterator[Turn]:
    epoch = plan.epoch(start.epoch)
    return epoch.turns(start, rank, world, lambda window: len(batches(epoch, window)))


def take(plan: Plan, turn: Turn) -> Batch:
    return batches(plan.epoch(turn.batch.epoch), turn.batch.window)[turn.batch.batch]


def whole(plan: Plan, epoch: int) -> list[Batch]:
    return [take(plan, turn) for turn in turns(plan, Position(epoch), 0, 1)]


EVERY = sorted((shard, row) for shard, count in enumerate(COUNTS) for row in range(count))


@PLANS
@pytest.mark.parametrize("world", [1, 2, 3, 7])
def test_every_example_once_and_equal_steps(plan: Plan, world: int) -> None:
    ranks = [list(turns(plan, Position(2), rank, world)) for rank in range(world)]
    assert len({len(rank) for rank in ranks}) == 1
    seen = [row for rank in ranks for turn in rank if turn.real for row in take(plan, turn)]
    assert sorted(seen) == EVERY
    padding = [(step, turn) for rank in ranks for step, turn in enumerate(rank) if not turn.real]
    assert len(padding) == -len(whole(plan, 2)) % world
    for step, turn in padding:
        assert step == len(ranks[0]) - 1
        assert turn.batch == ranks[0][step].batch


@PLANS
def test_ranks_share_one_sequence(plan: Plan) -> None:
    sequence = whole(plan, 0)
    for rank in range(3):
        mine = [take(plan, turn) for turn in turns(plan, Position(0), rank, 3) if turn.real]
        assert mine == sequence[rank::3]


@PLANS
@pytest.mark.parametrize("world", [1, 3])
def test_resuming_after_any_step_gives_the_rest(plan: Plan, world: int) -> None:
    mine = list(turns(plan, Position(1), 0, world))
    for step, turn in enumerate(mine[:-1]):
        assert list(turns(plan, turn.after, 0, world)) == mine[step + 1 :]
    assert mine[-1].after == Position(2)


@PLANS
def test_resuming_with_other_ranks_covers_the_rest_exactly(plan: Plan) -> None:
    before = list(turns(plan, Position(1), 0, 2))
    sequence = whole(plan, 1)
    for step, turn in enumerate(before[:-1], 1):
        rest = [list(turns(plan, turn.after, rank, 5)) for rank in range(5)]
        assert len({len(rank) for rank in rest}) == 1
        seen = [take(plan, turn) for rank in rest for turn in rank if turn.real]
        assert sorted(seen) == sorted(sequence[2 * step :])


def test_same_seed_and_epoch_same_order_others_another() -> None:
    assert whole(SIZED, 4) == whole(Plan(COUNTS, seed=3, batch_size=8, window_shards=2, window_rows=30), 4)
    orders = [whole(SIZED, 4), whole(SIZED, 5), whole(Plan(COUNTS, seed=4, batch_size=8), 4)]
    assert len({str(order) for order in orders}) == 3
    assert len({str(SIZED.epoch(number).windows) for number in range(5)}) == 5


def test_without_shuffling_examples_come_as_stored() -> None:
    assert [row for batch in whole(ORDERED, 0) for row in batch] == EVERY
    assert whole(ORDERED, 0) == whole(ORDERED, 7)
    timed = Plan(COUNTS, shuffle=False, batch_seconds=40.0)
    assert [row for batch in whole(timed, 0) for row in batch] == EVERY


def test_windows_hold_several_shards_and_enough_rows() -> None:
    for number in range(20):
        windows = SIZED.epoch(number).windows
        assert len(windows) > 2
        assert sorted(shard for window in windows for shard in window) == list(range(len(COUNTS)))
        for window in windows:
            assert len(window) >= 2
            assert sum(COUNTS[shard] for shard in window) >= 30
    assert Plan([5], batch_size=2).epoch(0).windows == [[0]]


def test_the_number_of_batches_is_known_from_the_counts() -> None:
    epoch = SIZED.epoch(0)
    assert [epoch.count(window) for window in range(len(epoch.windows))] == [
        len(batches(epoch, window)) for window in range(len(epoch.windows))
    ]
    assert TIMED.epoch(0).count(0) is None


def test_batch_size_is_kept_but_for_the_last_of_a_window() -> None:
    epoch = SIZED.epoch(0)
    for window in range(len(epoch.windows)):
        sizes = sorted((len(batch) for batch in batches(epoch, window)), reverse=True)
        assert set(sizes[:-1]) == {8}
        assert 1 <= sizes[-1] <= 8


def test_batch_seconds_bounds_the_padded_length_and_wastes_no_room() -> None:
    for plan in (TIMED, Plan(COUNTS, shuffle=False, batch_seconds=40.0)):
        for batch in whole(plan, 0):
            assert len(batch) * max(SECONDS[shard][row] for shard, row in batch) <= 40.0
    assert Plan([4], shuffle=False, batch_seconds=3.0).epoch(0).batches(0, np.array([1.0, 1.0, 1.0, 1.0]))[0].size == 3
    long = Plan([3], shuffle=False, batch_seconds=3.0).epoch(0).batches(0, np.array([1.0, 50.0, 1.0]))
    assert [batch.tolist() for batch in long] == [[0], [1], [2]]


def test_ordering_by_length_wastes_less_on_padding() -> None:
    seconds = np.random.default_rng(5).uniform(0.3, 12.0, 4000)
    plan = Plan([4000], seed=1, batch_size=32)
    shuffled = np.split(np.random.default_rng(6).permutation(4000), range(32, 4000, 32))

    def padding(found: list[np.ndarray]) -> float:
        padded = sum(len(batch) * seconds[batch].max() for batch in found)
        return 1 - float(seconds.sum() / padded)

    assert padding(shuffled) > 0.4
    assert padding(plan.epoch(0).batches(0, seconds)) < 0.06


def test_examples_meet_others_in_each_epoch() -> None:
    seconds = np.linspace(1, 10, 640)
    first, second = (
        {frozenset(b.tolist()) for b in Plan([640], batch_size=32).epoch(n).batches(0, seconds)} for n in (0, 1)
    )
    assert not first & second


STORES = [0] * 8 + [1] * 3 + [2]
WEIGHTS = np.random.default_rng(7).uniform(0.1, 3.0, len(COUNTS)).tolist()
DRAWN = Plan(COUNTS, seed=3, batch_size=8, weights=WEIGHTS, stores=STORES, window_shards=2, window_rows=30)


def test_every_store_is_in_every_window_where_examples_are_drawn() -> None:
    for number in range(10):
        epoch = DRAWN.epoch(number)
        assert len(epoch.windows) == sum(COUNTS) // 30
        for window in epoch.windows:
            assert {STORES[shard] for shard in window} == {0, 1, 2}
        assert {shard for window in epoch.windows for shard in window} == set(range(len(COUNTS)))
        assert sum(epoch.sizes) == sum(COUNTS)


def test_each_row_is_expected_as_often_as_it_weighs() -> None:
    """Over the windows of an epoch: how many rows are drawn times how likely each is, to within rounding."""
    epoch = DRAWN.epoch(1)
    expected = dict.fromkeys(range(len(COUNTS)), 0.0)
    draws = 400
    for window, shards in enumerate(epoch.windows):
        rows = [shard for shard in shards for _ in range(COUNTS[shard])]
        weights = np.array([WEIGHTS[shard] / COUNTS[shard] for shard in rows])
        for seed in range(draws):
            other = Plan(**{**asdict(DRAWN), "seed": seed})
            batches = Epoch(other, 1, epoch.windows).batches(window, np.ones(len(rows)), weights)
            assert sum(map(len, batches)) == epoch.sizes[window]
            for row in np.concatenate(batches).tolist():
                expected[rows[row]] += 1 / draws
    for shard, found in expected.items():
        assert found == pytest.approx(sum(COUNTS) * WEIGHTS[shard] / sum(WEIGHTS), rel=0.06)


def test_windows_from_which_nothing_is_drawn_are_passed_over() -> None:
    plan = Plan([5] * 6, batch_size=2, weights=[1e-9, 1.0] * 3, stores=[0] * 6, window_shards=1, window_rows=5)
    for number in range(6):
        epoch = plan.epoch(number)
        empty = [window for window, size in enumerate(epoch.sizes) if not size]
        assert len(empty) == 3
        assert [epoch.count(window) for window in empty] == [0] * 3
        turns = list(epoch.turns(Position(number), 0, 1, lambda window, epoch=epoch: epoch.count(window) or 0))
        assert len(turns) == sum(-(-size // 2) for size in epoch.sizes)
        assert not {turn.batch.window for turn in turns} & set(empty)
        assert [turn.after for turn in turns] == [*(turn.batch for turn in turns[1:]), Position(number + 1)]


@pytest.mark.parametrize(
    "sizes", [{}, {"batch_size": 4, "batch_seconds": 2.0}, {"batch_size": 0}, {"batch_seconds": -1}]
)
def test_sizes_that_contradict(sizes: dict[str, float]) -> None:
    with pytest.raises(DataError, match="batch_s"):
        Plan([1], **sizes)
