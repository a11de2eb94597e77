"""The loader against what was stored: values, coverage, order, resuming, damage."""

from __future__ import annotations

import json
import pickle
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from manifests.errors import DamagedError, StoreError, WhereError
from manifests.generation import ShardEntry
from manifests.spec import ArraySpec
from manifests.store import Store
from tests.stores import AUDIO, LOG_MEL, Made, audio, examples, log_mel, write_store
from training import loader
from training.batches import Plan, Position, Turn
from training.collate import Batch
from training.errors import DataError
from training.loader import load

STORED = examples(97)
BY_KEY = {made.key: made for made in STORED}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    splits = {"train": STORED, "valid": examples(7, seed=1, name="valid")}
    return write_store(tmp_path_factory.mktemp("store"), splits)


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of two shards, so that a store of ten shards has several."""
    monkeypatch.setattr(loader, "Plan", partial(Plan, window_shards=2, window_rows=20))


def keys(batches: list[Batch]) -> list[list[str]]:
    return [batch.keys for batch in batches]


def real(batches: list[Batch]) -> list[str]:
    return [key for batch in batches for key, weight in zip(batch.keys, batch.weight.tolist(), strict=True) if weight]


@pytest.mark.parametrize("shuffle", [True, False])
def test_every_value_is_the_one_that_was_stored(store: Path, shuffle: bool) -> None:
    seen = 0
    for batch in load(store, "train", batch_size=8, shuffle=shuffle):
        found, lengths = batch.arrays["log_mel"], batch.lengths["log_mel"]
        assert (found.dtype, lengths.dtype) == (torch.float32, torch.int64)
        assert found.shape == (len(batch), lengths.max(), 4)
        for n, key in enumerate(batch.keys):
            made, length = BY_KEY[key], int(lengths[n])
            assert np.array_equal(found[n, :length].numpy(), made.arrays["log_mel"].astype(np.float32))
            assert not found[n, length:].any()
            assert (batch.labels[n], batch.speakers[n], batch.texts[n]) == (made.labels, made.speaker, made.text)
            assert (batch.copies[n], batch.parts[n]) == (0, 0)
        assert batch.weight.tolist() == [1.0] * len(batch)
        seen += len(batch)
    assert seen == len(STORED)


def test_waveforms_have_full_scale_at_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    raw = ArraySpec("noisy", "audio", "int16", 1, 8000.0)
    made = [
        Made(f"{n}", {"audio": audio(rng, 300 + n), "noisy": audio(rng, 200 + n), "log_mel": log_mel(rng, 3)})
        for n in range(5)
    ]
    write_store(tmp_path, {"train": made}, (AUDIO, raw, LOG_MEL))
    (batch,) = load(tmp_path, "train", batch_size=5, shuffle=False)
    for n, example in enumerate(made):
        for name in ("audio", "noisy"):
            found = batch.arrays[name][n, : batch.lengths[name][n]].numpy()
            assert np.array_equal(found, example.arrays[name].astype(np.float32) / 32768)
        assert np.array_equal(batch.arrays["log_mel"][n].numpy(), example.arrays["log_mel"].astype(np.float32))
    (one,) = load(tmp_path, "train", batch_size=5, arrays=["log_mel"])
    assert list(one.arrays) == ["log_mel"]


@pytest.mark.parametrize("size", [{"batch_size": 8}, {"batch_seconds": 2.5}], ids=["size", "seconds"])
@pytest.mark.parametrize("world", [1, 2, 3])
def test_ranks_cover_an_epoch_exactly_in_equal_steps(store: Path, world: int, size: dict[str, Any]) -> None:
    ranks = [list(load(store, "train", rank=rank, world=world, **size)) for rank in range(world)]
    assert len({len(rank) for rank in ranks}) == 1
    assert sorted(key for rank in ranks for key in real(rank)) == sorted(BY_KEY)
    total = sum(float(batch.weight.sum()) for rank in ranks for batch in rank)
    assert total == len(STORED)
    assert len(load(store, "train", rank=0, world=world, **size)) == len(ranks[0])


def test_the_last_step_is_padded_with_weight_zero(store: Path) -> None:
    ranks = [list(load(store, "valid", batch_size=3, rank=rank, world=2)) for rank in range(2)]
    assert [len(rank) for rank in ranks] == [2, 2]
    padding = ranks[1][-1]
    assert padding.keys == ranks[0][-1].keys
    assert padding.weight.tolist() == [0.0] * len(padding)
    assert torch.equal(padding.arrays["log_mel"], ranks[0][-1].arrays["log_mel"])


@pytest.mark.parametrize("size", [{"batch_size": 8}, {"batch_seconds": 2.5}], ids=["size", "seconds"])
def test_any_number_of_workers_gives_the_same_batches(store: Path, size: dict[str, Any]) -> None:
    alone = load(store, "train", rank=1, world=2, **size)
    expected = [list(alone), list(alone)]
    for workers in (1, 2):
        several = load(store, "train", rank=1, world=2, workers=workers, **size)
        for epoch in expected:
            found = list(several)
            assert keys(found) == keys(epoch)
            assert all(torch.equal(a.arrays["log_mel"], b.arrays["log_mel"]) for a, b in zip(found, epoch, strict=True))


def test_epochs_count_by_themselves_and_by_number(store: Path) -> None:
    train = load(store, "train", batch_size=8)
    first, second = keys(list(train)), keys(list(train))
    assert train.epoch == 2
    assert first != second
    assert sorted(chain(*first)) == sorted(chain(*second)) == sorted(BY_KEY)
    train.set_epoch(0)
    assert keys(list(train)) == first
    assert keys(list(load(store, "train", batch_size=8))) == first
    assert keys(list(load(store, "train", batch_size=8, seed=1))) != first


def test_without_shuffling_the_order_is_the_stored_one_in_every_epoch(store: Path) -> None:
    valid = load(store, "train", batch_size=8, shuffle=False)
    for _ in range(2):
        assert [key for batch in valid for key in batch.keys] == [made.key for made in STORED]


@pytest.mark.parametrize("size", [{"batch_size": 8}, {"batch_seconds": 2.5}], ids=["size", "seconds"])
def test_resuming_after_every_step_gives_the_rest(store: Path, size: dict[str, Any]) -> None:
    make = partial(load, store, "train", rank=0, world=2, **size)
    states, whole = [], []
    train = make()
    for batch in train:
        whole.append(batch.keys)
        states.append(json.loads(json.dumps(train.state_dict())))
    following = keys(list(train))
    for step, state in enumerate(states[:-1], 1):
        resumed = make()
        resumed.load_state_dict(state)
        resumed.set_epoch(0)
        assert keys(list(resumed)) == whole[step:]
        assert keys(list(resumed)) == following
    resumed = make()
    resumed.load_state_dict(states[-1])
    assert keys(list(resumed)) == following


def test_resuming_with_other_ranks_and_workers_covers_the_rest(store: Path) -> None:
    before = [load(store, "train", batch_size=8, rank=rank, world=2) for rank in range(2)]
    taken = [batch.keys for steps in zip(*before, strict=True) for batch in steps]
    train = load(store, "train", batch_size=8, rank=0, world=2)
    for step, _ in enumerate(train, 1):
        after = []
        for rank in range(3):
            resumed = load(store, "train", batch_size=8, rank=rank, world=3)
            resumed.load_state_dict(train.state_dict())
            after += real(list(resumed))
        if train.epoch == 0:
            assert sorted([*after, *chain(*taken[: 2 * step])]) == sorted(BY_KEY)
    assert train.epoch == 1


def test_what_workers_read_ahead_is_not_consumed(store: Path) -> None:
    train = load(store, "train", batch_size=8, workers=2)
    expected = keys(list(load(store, "train", batch_size=8)))
    batches = iter(train)
    assert [next(batches).keys, next(batches).keys] == expected[:2]
    state = train.state_dict()
    resumed = load(store, "train", batch_size=8)
    resumed.load_state_dict(state)
    assert keys(list(resumed)) == expected[2:]


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_that_was_broken_off_is_followed_by_the_next(store: Path, workers: int) -> None:
    straight = load(store, "train", batch_size=8)
    expected = [keys(list(straight)), keys(list(straight))]
    train = load(store, "train", batch_size=8, workers=workers)
    assert next(iter(train)).keys == expected[0][0]
    assert keys(list(train)) == expected[1]


def test_a_state_of_another_numbering_is_refused_except_between_epochs(store: Path) -> None:
    train = load(store, "train", batch_size=8)
    batches = iter(train)
    next(batches)
    other = load(store, "train", batch_size=9, where="digit != '3'")
    with pytest.raises(DataError, match="where is \"digit != '3'\" and was None; batch_size is 9 and was 8"):
        other.load_state_dict(train.state_dict())
    list(batches)
    other.load_state_dict(train.state_dict())
    assert other.epoch == 1
    assert len(list(other)) > 1


def test_where_leaves_what_it_says(store: Path) -> None:
    wanted = sorted(key for key, made in BY_KEY.items() if made.speaker != "theo" and made.labels["digit"] in "12")
    for size in ({"batch_size": 8}, {"batch_seconds": 2.5}):
        train = load(store, "train", where="speaker != 'theo' and digit in ['1', '2']", **size)
        assert sorted(key for batch in train for key in batch.keys) == wanted
    first = load(store, "train", where="key < 'clip/0010.wav'", batch_size=4)
    assert sorted(real(list(first))) == sorted(BY_KEY)[:10]


def test_a_generation_stays_what_it_was(tmp_path: Path) -> None:
    write_store(tmp_path, {"train": examples(5)})
    write_store(tmp_path, {"train": examples(9)}, number=2)
    assert len(real(list(load(f"{tmp_path}@1", "train", batch_size=4)))) == 5
    assert len(real(list(load(tmp_path, "train", batch_size=4)))) == 9
    with pytest.raises(StoreError, match="no generation 3"):
        load(f"{tmp_path}@3", "train", batch_size=4)


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_flipped_bit_stops_with_the_key(tmp_path: Path, workers: int) -> None:
    write_store(tmp_path, {"train": STORED})
    shard = sorted((tmp_path / "shards").iterdir())[3]
    flip(shard, shard.stat().st_size - 1)
    train = load(tmp_path, "train", batch_size=8, workers=workers)
    with pytest.raises(DamagedError, match=rf"^{shard}: clip/0039.wav \(copy 0\) is damaged"):
        list(train)
    assert len(list(load(tmp_path, "train", batch_size=8, check=False))) == len(train)


def test_a_damaged_index_and_a_missing_shard_stop_it(tmp_path: Path) -> None:
    write_store(tmp_path, {"train": STORED})
    some = sorted((tmp_path / "index").iterdir())[2]
    flip(some, 60)
    with pytest.raises(DamagedError, match=some.name):
        list(load(tmp_path, "train", batch_size=8))
    flip(some, 60)
    sorted((tmp_path / "shards").iterdir())[2].unlink()
    with pytest.raises(DamagedError, match="missing or empty"):
        list(load(tmp_path, "train", batch_size=8))


def test_mistakes_are_named(store: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store here"):
        load(tmp_path, "train", batch_size=8)
    with pytest.raises(StoreError, match="no split 'trian'; did you mean train"):
        load(store, "trian", batch_size=8)
    with pytest.raises(DataError, match="no array 'logmel'; did you mean log_mel"):
        load(store, "train", batch_size=8, arrays=["logmel"])
    with pytest.raises(DataError, match="name at least one array"):
        load(store, "train", batch_size=8, arrays=[])
    with pytest.raises(WhereError, match="did you mean digit"):
        load(store, "train", batch_size=8, where="digits == '1'")
    with pytest.raises(DataError, match="no example in train: where \"digit == '11'\" leaves none of 97"):
        load(store, "train", batch_size=8, where="digit == '11'")
    with pytest.raises(DataError, match="not both"):
        load(store, "train", batch_size=8, batch_seconds=2.0)
    with pytest.raises(DataError, match="rank 2 of 2"):
        load(store, "train", batch_size=8, rank=2, world=2)


def test_an_array_of_unknown_width_is_refused(tmp_path: Path) -> None:
    wide = ArraySpec("log_mel", "features", "float16", None, 100.0)
    write_store(tmp_path, {"train": examples(3)}, (wide,))
    with pytest.raises(DataError, match="log_mel has a width of its own"):
        load(tmp_path, "train", batch_size=2)


def test_rank_and_world_come_from_the_environment(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    train = load(store, "train", batch_size=8)
    assert (train.rank, train.world) == (1, 2)


def test_the_global_generator_of_torch_is_left_alone(store: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    list(load(store, "train", batch_size=8))
    assert torch.equal(torch.rand(2), expected)


def test_only_one_window_is_kept_and_one_that_stays_is_opened_once(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[list[str]] = []

    def index(self: Store, entry: ShardEntry, columns: list[str]) -> Any:
        opened[-1].append(entry.index)
        return stored_index(self, entry, columns)

    stored_index = Store.index
    monkeypatch.setattr(Store, "index", index)
    train = load(store, "train", batch_size=8)
    windows = train.source.plan.epoch(0).windows
    assert len(windows) > 2
    for _ in range(2):
        opened.append([])
        list(train)
        assert len(opened[-1]) == len(set(opened[-1])) == 10
    opened.append([])
    monkeypatch.setattr(loader, "Plan", Plan)
    whole = load(store, "train", batch_size=8)
    assert keys(list(whole)) != keys(list(whole))
    assert len(opened[-1]) == 10


def test_a_batch_moves_to_a_device(store: Path) -> None:
    batch = next(iter(load(store, "train", batch_size=8))).to("meta")
    assert {t.device.type for t in (batch.weight, *batch.arrays.values(), *batch.lengths.values())} == {"meta"}


def test_a_source_travels_to_processes_that_start_afresh(store: Path) -> None:
    train = load(store, "train", batch_size=8, where="digit != '3'")
    (first, *_) = train
    source = pickle.loads(pickle.dumps(train.source))
    _, made = source[Turn(Position(0, 0, 0), True, Position(0, 0, 1))]
    assert made.keys == first.keys
    assert torch.equal(made.arrays["log_mel"], first.arrays["log_mel"])
    assert torch.equal(pickle.loads(pickle.dumps(made)).lengths["log_mel"], first.lengths["log_mel"])


def test_another_data_loader_takes_it_as_a_dataset_of_batches(store: Path) -> None:
    ours, within = (load(store, "train", batch_size=8) for _ in range(2))
    theirs = DataLoader(within, batch_size=None)
    assert len(theirs) == len(ours)
    for _ in range(2):
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.keys == other.keys
            assert torch.equal(mine.arrays["log_mel"], other.arrays["log_mel"])
        assert within.state_dict() == ours.state_dict()
    with pytest.raises(DataError, match=r"give the DataLoader num_workers=0, and load\(\) workers"):
        next(iter(DataLoader(within, batch_size=None, num_workers=1)))


def test_a_plain_loop_learns_from_it(store: Path) -> None:
    """What the docstring of the loader shows, for one rank."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = torch.nn.Linear(4, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
        train, losses = load(store, "train", batch_seconds=3.0), []
        for _ in range(8):
            total = weight = 0.0
            for batch in train:
                frames, lengths = batch.arrays["log_mel"], batch.lengths["log_mel"]
                louder = torch.tensor([float(frames[n, :length].mean() > 0) for n, length in enumerate(lengths)])
                outputs = model(frames.sum(1) / lengths[:, None])
                found = torch.nn.functional.cross_entropy(outputs, louder.long(), reduction="none") * batch.weight
                optimizer.zero_grad()
                (found.sum() / batch.weight.sum()).backward()
                optimizer.step()
                total, weight = total + float(found.detach().sum()), weight + float(batch.weight.sum())
            assert weight == len(STORED)
            losses.append(total / weight)
    assert losses[-1] < 0.35 < 0.5 < losses[0]


def test_several_stores_are_one(tmp_path: Path) -> None:
    more = examples(31, seed=5, name="more")
    stores = [write_store(tmp_path / "a", {"train": STORED}), write_store(tmp_path / "b", {"train": more}, per_shard=6)]
    for size in ({"batch_size": 8}, {"batch_seconds": 2.5}):
        train = load(stores, "train", **size)
        for _ in range(2):
            assert sorted(real(list(train))) == sorted([*BY_KEY, *(made.key for made in more)])
    assert train.state_dict()["generation"] == [1, 1]
    ordered = load(stores, "train", batch_size=8, shuffle=False, where="digit == '1'")
    assert [key for batch in ordered for key in batch.keys] == [
        made.key for made in [*STORED, *more] if made.labels["digit"] == "1"
    ]
    with pytest.raises(DataError, match="0 weights for 0 stores; name a store"):
        load([], "train", batch_size=8)


def test_notes_are_there_where_they_are_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    made = [Made(f"{n}", {"log_mel": log_mel(rng, 3)}, notes={"gain": {"gain_db": n / 3}}) for n in range(5)]
    write_store(tmp_path, {"train": made})
    (batch,) = load(tmp_path, "train", batch_size=5, notes=True)
    assert {key: notes["gain"]["gain_db"] for key, notes in zip(batch.keys, batch.notes, strict=True)} == {
        f"{n}": n / 3 for n in range(5)
    }
    (batch,) = load(tmp_path, "train", batch_size=5)
    assert batch.notes == []


def test_tokens_are_whole_numbers_and_take_no_time(tmp_path: Path) -> None:
    ids = ArraySpec("ids", "tokens", "int32", 1, None)
    rng = np.random.default_rng(4)
    made = [
        Made(f"{n}", {"log_mel": log_mel(rng, 3 + n), "ids": rng.integers(0, 1 << 30, (50 - n, 1), dtype=np.int32)})
        for n in range(6)
    ]
    write_store(tmp_path, {"train": made}, (LOG_MEL, ids))
    batches = list(load(tmp_path, "train", batch_seconds=0.11, shuffle=False))
    assert [batch.keys for batch in batches] == [["0", "1"], ["2"], ["3"], ["4"], ["5"]], "0.05, 0.055 s: by frames"
    for batch in batches:
        assert batch.arrays["ids"].dtype == torch.int64
        for n, key in enumerate(batch.keys):
            values = made[int(key)].arrays["ids"][:, 0]
            assert batch.arrays["ids"][n, : batch.lengths["ids"][n]].tolist() == values.tolist()
    alone = list(load(tmp_path, "train", batch_seconds=100, shuffle=False, arrays=["ids"]))
    assert [batch.keys for batch in alone] == [["0", "1"], ["2", "3"], ["4", "5"]], (
        "where nothing has a rate, by length"
    )


def test_seconds_are_those_of_each_recording_where_rates_differ(tmp_path: Path) -> None:
    wave = ArraySpec("audio", "audio", "int16", 1, None)
    rng = np.random.default_rng(6)
    rates = [8000.0, 16000.0, 8000.0, 16000.0]
    made = [Made(f"{n}", {"audio": audio(rng, 800)}, rate=rate) for n, rate in enumerate(rates)]
    write_store(tmp_path, {"train": made}, (wave,))
    batches = load(tmp_path, "train", batch_seconds=0.2, shuffle=False)
    assert [batch.keys for batch in batches] == [["0", "1"], ["2", "3"]]
