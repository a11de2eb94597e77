"""Which arrays come together: those of several stores that hold the same, of one that is joined, and behind stages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.chain import Chain
from manifests.spec import ArraySpec
from manifests.store import Store
from tests.stores import AUDIO, LOG_MEL, Made, audio, log_mel, write_store
from training.arrays import choose
from training.errors import DataError

RNG = np.random.default_rng(0)
HERE = [Made("a", {"log_mel": log_mel(RNG, 5), "audio": audio(RNG, 300)})]
THERE = [Made("a", {"log_mel": log_mel(RNG, 7), "ids": np.int32([[4], [2]])})]
IDS = ArraySpec("ids", "tokens", "int32", 1, None)


@pytest.fixture
def here(tmp_path: Path) -> Store:
    return Store.open(write_store(tmp_path / "here", {"train": HERE}, (LOG_MEL, AUDIO)))


@pytest.fixture
def there(tmp_path: Path) -> Store:
    return Store.open(write_store(tmp_path / "there", {"train": THERE}, (LOG_MEL, IDS)))


def test_arrays_come_from_where_they_are_first(here: Store, there: Store) -> None:
    found = choose([here], "train", None, there, None, {})
    assert (found.own, found.heard, found.at_load) == ([LOG_MEL, AUDIO], [LOG_MEL, AUDIO, IDS], None)
    assert found.join
    assert found.join.specs == [IDS]
    some = choose([here], "train", ["ids", "audio"], there, None, {})
    assert (some.own, some.heard) == ([AUDIO], [IDS, AUDIO])


def test_stages_stand_behind_both(here: Store, there: Store) -> None:
    chain = Chain.parse([{"log_mel": {"n_fft": 128, "hop_length": 80, "n_mels": 6, "as": "mel"}}])
    found = choose([here], "train", ["mel", "ids"], there, chain, {})
    assert found.own == [AUDIO]
    assert found.join
    assert found.join.specs == [IDS]
    mel, ids = found.heard
    assert (mel.name, mel.kind, mel.width, mel.rate) == ("mel", "features", 6, 100.0)
    assert (ids.kind, ids.encoding) == ("tokens", "int32")


def test_stores_that_are_mixed_hold_the_same(here: Store, there: Store, tmp_path: Path) -> None:
    assert choose([here, here], "train", ["audio"], None, None, {}).own == [AUDIO]
    with pytest.raises(DataError, match=r"/there and \S+/here hold different arrays; they cannot be mixed"):
        choose([here, there], "train", None, None, None, {})
    fitted = write_store(tmp_path / "fitted", {"train": HERE}, (LOG_MEL, AUDIO), fitted={"characters": '["a"]'})
    with pytest.raises(DataError, match="were fitted to different data, so their tokens differ"):
        choose([here, Store.open(fitted)], "train", None, None, None, {})


def test_mistakes_are_named(here: Store, there: Store) -> None:
    with pytest.raises(DataError, match=r"/here: no array 'idds'; did you mean ids\? \(there: log_mel, audio, ids\)"):
        choose([here], "train", ["audio", "idds"], there, None, {})
    with pytest.raises(DataError, match="name at least one array of this store"):
        choose([here], "train", ["ids"], there, None, {})


def test_a_width_of_its_own_in_each_recording_is_refused(tmp_path: Path) -> None:
    wide = ArraySpec("audio", "audio", "flac", None, 8000.0)
    store = Store.open(write_store(tmp_path, {"train": HERE}, (LOG_MEL, wide)))
    with pytest.raises(DataError, match="audio has a width of its own"):
        choose([store], "train", None, None, None, {})
    mono = Chain.parse([{"mix_channels": {}}])
    with pytest.raises(DataError, match="audio has a width of its own"):
        choose([store], "train", ["audio"], None, Chain.parse([{"normalize": {}}]), {})
    assert choose([store], "train", ["audio"], None, mono, {}).heard[0].width == 1
