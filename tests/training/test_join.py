"""A second store that is joined by key, copy and part: its values, whatever its shards, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from features.augment.gain import Gain
from features.draws import Draws
from features.example import Audio
from manifests.errors import DamagedError, StoreError
from manifests.generation import ShardEntry
from manifests.spec import ArraySpec
from manifests.store import Store
from tests.s3 import Proxy
from tests.stores import AUDIO, LOG_MEL, Made, audio, log_mel, write_store
from training import join, loader
from training.at_load import epoch_seed
from training.batches import Plan, Position, Turn
from training.collate import Batch
from training.errors import DataError
from training.loader import load

IDS = ArraySpec("ids", "tokens", "int32", 1, None)
Which = tuple[str, int, int]


def which(made: Made) -> Which:
    return made.key, made.copy, made.part


def pairs(count: int) -> tuple[list[Made], list[Made]]:
    """Recordings of two copies and two parts as one store holds them (log-mel), and as another (waveforms, tokens)."""
    rng = np.random.default_rng(count)
    ours, theirs = [], []
    for number in range(count):
        key, digit = f"clip/{number:04}.wav", {"digit": str(number % 10)}
        for copy, part in ((0, 0), (0, 1), (1, 0), (1, 1)):
            mel = {"log_mel": log_mel(rng, int(rng.integers(2, 61)))}
            ids = rng.integers(1, 90, (int(rng.integers(1, 9)), 1), dtype=np.int32)
            wave = {"audio": audio(rng, int(rng.integers(200, 400))), "ids": ids}
            ours.append(Made(key, mel, digit, copy=copy, part=part))
            theirs.append(Made(key, wave, copy=copy, part=part))
    return ours, theirs


OURS, THEIRS = pairs(24)
HERE, THERE = ({which(made): made for made in stored} for stored in (OURS, THEIRS))
MISSING = {which(made) for made in THEIRS[5:17]}


def shuffled(stored: list[Made], seed: int = 3) -> list[Made]:
    return [stored[n] for n in np.random.default_rng(seed).permutation(len(stored))]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A store, and one that lacks twelve of its examples, has one more, and holds the others in another order."""
    folder = tmp_path_factory.mktemp("stores")
    valid = [Made("valid/0.wav", OURS[0].arrays)], [Made("valid/1.wav", THEIRS[0].arrays)]
    more = [made for made in THEIRS if which(made) not in MISSING] + [Made("clip/more.wav", THEIRS[0].arrays)]
    ours = write_store(folder / "ours", {"train": OURS, "valid": valid[0]}, (LOG_MEL,))
    theirs = write_store(folder / "theirs", {"train": shuffled(more), "valid": valid[1]}, (AUDIO, IDS), per_shard=7)
    return ours, theirs


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of two shards, so that a store of ten shards has several."""
    monkeypatch.setattr(loader, "Plan", partial(Plan, window_shards=2, window_rows=20))


def each(batches: Any) -> Iterator[tuple[Which, Batch, int]]:
    for batch in batches:
        for n, found in enumerate(zip(batch.keys, batch.copies, batch.parts, strict=True)):
            if batch.weight[n]:
                yield found, batch, n


def inside(batch: Batch, name: str, n: int) -> NDArray[Any]:
    values: NDArray[Any] = batch.arrays[name][n, : batch.lengths[name][n]].numpy()
    return values


@pytest.mark.parametrize("size", [{"batch_size": 8}, {"batch_seconds": 2.5}], ids=["size", "seconds"])
@pytest.mark.parametrize("workers", [0, 2])
def test_values_are_those_of_the_same_key_copy_and_part(
    stores: tuple[Path, Path], workers: int, size: dict[str, Any]
) -> None:
    train = load(stores[0], "train", join=stores[1], workers=workers, **size)
    assert [spec.name for spec in train.specs] == ["log_mel", "audio", "ids"]
    for _ in range(2):
        seen = []
        for found, batch, n in each(train):
            assert np.array_equal(inside(batch, "log_mel", n), HERE[found].arrays["log_mel"].astype(np.float32))
            wave, ids = THERE[found].arrays["audio"], THERE[found].arrays["ids"]
            assert np.array_equal(inside(batch, "audio", n), wave.astype(np.float32) / 32768)
            assert batch.arrays["ids"].dtype == torch.int64
            assert inside(batch, "ids", n).tolist() == ids[:, 0].tolist()
            assert batch.labels[n] == HERE[found].labels, "texts and labels are those of the first store"
            seen.append(found)
        assert sorted(seen) == sorted(HERE.keys() - MISSING)


def test_ranks_and_counting_know_what_is_left(stores: tuple[Path, Path]) -> None:
    wanted: dict[str, Any] = {"join": stores[1], "where": "digit != '3'", "batch_seconds": 2.5}
    ranks = [load(stores[0], "train", rank=rank, world=3, **wanted) for rank in range(3)]
    taken = [list(rank) for rank in ranks]
    left = [found for found in HERE.keys() - MISSING if HERE[found].labels["digit"] != "3"]
    assert sorted(found for batches in taken for found, *_ in each(batches)) == sorted(left)
    assert {len(batches) for batches in taken} == {len(load(stores[0], "train", rank=0, world=3, **wanted))}


def test_only_what_is_asked_for_is_read(stores: tuple[Path, Path]) -> None:
    (batch, *_) = load(stores[0], "train", join=stores[1], arrays=["ids", "log_mel"], batch_size=8)
    assert list(batch.arrays) == ["ids", "log_mel"]
    selected = load(stores[0], "train", join=stores[1], arrays=["log_mel"], batch_size=8)
    assert sorted(found for found, *_ in each(selected)) == sorted(HERE.keys() - MISSING)
    with pytest.raises(DataError, match="name at least one array of this store"):
        load(stores[0], "train", join=stores[1], arrays=["ids"], batch_size=8)


def test_an_array_that_both_have_is_read_from_the_first(tmp_path: Path) -> None:
    other = [Made(made.key, {"log_mel": -made.arrays["log_mel"]}, copy=made.copy, part=made.part) for made in OURS]
    write_store(tmp_path / "ours", {"train": OURS})
    write_store(tmp_path / "other", {"train": other})
    for found, batch, n in each(load(tmp_path / "ours", "train", join=tmp_path / "other", batch_size=8)):
        assert np.array_equal(inside(batch, "log_mel", n), HERE[found].arrays["log_mel"].astype(np.float32))


def test_stages_at_load_take_joined_arrays(stores: tuple[Path, Path]) -> None:
    stage = {"gain_db": {"uniform": [-6, 6]}}
    train = load(
        stores[0], "train", join=stores[1], arrays=["log_mel", "audio"], batch_size=8, stages=[{"gain": stage}]
    )
    for found, batch, n in each(train):
        wave = Audio(THERE[found].arrays["audio"].T.astype(np.float32) / 32768, 8000)
        draws = Draws(epoch_seed(0, 0), "gain", 0, found[0], found[1] + 1, found[2])
        assert np.array_equal(inside(batch, "audio", n), Gain.model_validate(stage).transform(wave, draws).samples.T)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_row_of_the_joined_store_is_refused_with_its_key(tmp_path: Path, workers: int) -> None:
    write_store(tmp_path / "ours", {"train": OURS})
    write_store(tmp_path / "theirs", {"train": THEIRS}, (AUDIO, IDS), per_shard=7)
    shard = sorted((tmp_path / "theirs" / "shards").iterdir())[2]
    flip(shard)
    last = THEIRS[20]
    wanted: dict[str, Any] = {"join": tmp_path / "theirs", "arrays": ["log_mel", "audio"], "batch_size": 8}
    with pytest.raises(DamagedError, match=rf"^{shard}: {last.key} \(copy {last.copy}\) is damaged"):
        list(load(tmp_path / "ours", "train", workers=workers, **wanted))
    assert len(list(each(load(tmp_path / "ours", "train", check=False, **wanted)))) == len(OURS)
    flip(sorted((tmp_path / "theirs" / "index").iterdir())[2])
    with pytest.raises(DamagedError, match="its digest is not the one in generation 1"):
        load(tmp_path / "ours", "train", **wanted)


def test_each_index_is_read_once_a_window(stores: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def index(self: Store, entry: ShardEntry, columns: list[str]) -> Any:
        opened.append(f"{self.storage.root}/{entry.index}")
        return stored_index(self, entry, columns)

    stored_index = Store.index
    train = load(stores[0], "train", join=stores[1], batch_size=4)
    monkeypatch.setattr(Store, "index", index)
    windows = train.source.plan.epoch(0).windows
    assert len(list(train)) > 3 * len(windows)
    joined = [name for name in opened if name.startswith(f"{stores[1]}/")]
    assert max(joined.count(name) for name in joined) <= len(windows) > 2


def test_keys_of_one_hash_are_told_apart(stores: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def poor(table: Any) -> NDArray[np.uint64]:
        return np.array([hash_of[key] for key in table["key"].to_pylist()], np.uint64)

    hash_of = {key: int(key[5:9]) // 2 if key[5:9].isdigit() else 99 for key, *_ in [*HERE, *THERE]}
    hash_of |= {"clip/more.wav": 99, "valid/0.wav": 1, "valid/1.wav": 1}
    monkeypatch.setattr(join, "row_hashes", poor)
    with pytest.raises(DataError, match=r"theirs: \S+ has the hash of \S+; rename one"):
        list(load(stores[0], "train", join=stores[1], batch_size=8))


def test_a_join_that_leaves_nothing_or_is_none(stores: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no example in valid: the join with \S+/theirs leaves none of 1"):
        load(stores[0], "valid", join=stores[1], batch_size=8)
    write_store(tmp_path / "empty", {"train": []}, (AUDIO,))
    with pytest.raises(StoreError, match="no split 'train'"):
        load(stores[0], "train", join=tmp_path / "empty", batch_size=8)
    with pytest.raises(StoreError, match="no store here"):
        load(stores[0], "train", join=tmp_path, batch_size=8)


def test_a_state_of_another_join_is_refused(stores: tuple[Path, Path]) -> None:
    train = load(stores[0], "train", batch_size=8)
    next(iter(train))
    other = load(stores[0], "train", join=stores[1], batch_size=8)
    with pytest.raises(DataError, match=r"join is '.*' and was None"):
        other.load_state_dict(train.state_dict())


def as_it_is(made: Any) -> Any:
    return made


def test_everything_travels_to_a_worker_that_starts_afresh(stores: tuple[Path, Path]) -> None:
    stages = [{"gain": {"gain_db": {"uniform": [-6, 6]}}}]
    train = load(stores[0], "train", join=stores[1], batch_size=8, balance="digit", stages=stages)
    expected = list(train)[:3]
    turns = [Turn(Position(0, 0, batch), True, Position(0, 0, batch + 1)) for batch in range(3)]
    spawned = DataLoader(
        train.source,
        batch_size=None,
        sampler=turns,
        num_workers=1,
        collate_fn=as_it_is,
        multiprocessing_context=get_context("spawn"),
    )
    for (after, made), turn, batch in zip(spawned, turns, expected, strict=True):
        assert (after, made.keys) == (turn.after, batch.keys)
        assert all(torch.equal(made.arrays[name], batch.arrays[name]) for name in ("log_mel", "audio", "ids"))


@pytest.mark.parametrize("workers", [0, 2])
def test_stores_on_object_storage_are_joined_too(stores: tuple[Path, Path], s3: Proxy, workers: int) -> None:
    for folder in stores:
        for path in (path for path in folder.rglob("*") if path.is_file()):
            s3.send("PUT", f"/{s3.bucket}/{folder.name}/{path.relative_to(folder).as_posix()}", path.read_bytes())
    wanted: dict[str, Any] = {"batch_size": 8, "stages": [{"gain": {"gain_db": {"uniform": [-6, 6]}}}]}
    expected = load(stores[0], "train", join=stores[1], **wanted)
    train = load(f"s3://{s3.bucket}/ours", "train", join=f"s3://{s3.bucket}/theirs", workers=workers, **wanted)
    for epoch in range(2):
        for ours, theirs in zip(train, expected, strict=True):
            assert (ours.keys, ours.copies, ours.parts) == (theirs.keys, theirs.copies, theirs.parts)
            assert all(torch.equal(ours.arrays[name], theirs.arrays[name]) for name in ("log_mel", "audio", "ids"))
        asked = [path for method, path in s3.asked if method == "GET" and ("/shards/" in path or "/index/" in path)]
        assert len(asked) == len(set(asked)), "each is fetched once, then read from the cache"
        assert epoch or asked
