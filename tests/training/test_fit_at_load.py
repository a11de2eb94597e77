"""Stages at load that are fitted on arrays: from the store's statistics, or from a pass over train, never of others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from features.moments import Moments
from manifests import generation
from manifests.storage import LocalStorage
from tests.stores import AUDIO, LOG_MEL, Made, audio, log_mel, write_store
from training.errors import DataError
from training.loader import Loader, load

STANDARDIZE: dict[str, Any] = {"standardize": {"of": "log_mel"}}
MEL: dict[str, Any] = {"log_mel": {"of": "audio", "n_fft": 128, "hop_length": 40, "n_mels": 8, "as": "heard"}}
HEARD = [MEL, {"standardize": {"of": "heard"}}]
MANY = {"batch_size": 7, "shuffle": False}


def recordings(count: int, seed: int, level: float) -> list[Made]:
    rng = np.random.default_rng(seed)
    return [
        Made(
            f"clip/{seed}/{number:03}.wav",
            {
                "audio": audio(rng, int(rng.integers(300, 900))),
                "log_mel": (level + log_mel(rng, int(rng.integers(2, 20)))).astype(np.float16),
            },
            {"digit": str(number % 2)},
        )
        for number in range(count)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    splits = {"train": recordings(23, 0, 3.0), "valid": recordings(5, 1, -3.0)}
    return write_store(tmp_path / "store", splits, (AUDIO, LOG_MEL))


def with_statistics(store: Path, text: str) -> Path:
    """The next generation of the store, which keeps these."""
    storage = LocalStorage(store)
    first = generation.load(storage)
    kept = replace(first, number=2, statistics={"log_mel": text})
    storage.put_if_absent(generation.name_of(2), kept.encode())
    return store


def frames(batches: Loader, name: str) -> np.ndarray:
    found = [
        array[:length].numpy()
        for batch in batches
        for array, length in zip(batch.arrays[name], batch.lengths[name].tolist(), strict=True)
    ]
    return np.concatenate(found).astype(np.float64)


@pytest.mark.parametrize(("before", "name"), [([], "log_mel"), ([MEL], "heard")])
def test_all_of_train_has_a_mean_of_zero_and_a_variance_of_one(store: Path, before: list[Any], name: str) -> None:
    stages = [*before, {"standardize": {"of": name}}]
    train = load(store, "train", stages=stages, arrays=[name], **MANY)
    heard = frames(train, name)
    np.testing.assert_allclose(heard.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(heard.std(0), 1, rtol=1e-5)
    plain = frames(load(store, "train", stages=before, arrays=[name], **MANY), name)
    np.testing.assert_allclose(heard, (plain - plain.mean(0)) / plain.std(0), atol=1e-4)
    for given in ({}, {"fitted": train.fitted}):
        valid = frames(load(store, "valid", stages=stages, arrays=[name], **MANY, **given), name)
        other = frames(load(store, "valid", stages=before, arrays=[name], **MANY), name)
        np.testing.assert_allclose(valid, (other - plain.mean(0)) / plain.std(0), atol=1e-4)


def test_where_and_ranks_make_the_same_statistics_in_every_process(store: Path) -> None:
    common = {"stages": [STANDARDIZE], "arrays": ["log_mel"], "where": "digit == '1'", "batch_size": 4}
    found = [load(store, "train", rank=rank, world=2, workers=rank, **common).fitted for rank in (0, 1)]
    assert found[0] == found[1] == load(store, "train", seed=5, **common).fitted
    chosen = frames(load(store, "train", arrays=["log_mel"], where="digit == '1'", **MANY), "log_mel")
    assert Moments.decode(found[0]["standardize"]).frames == len(chosen)


def test_those_that_the_store_keeps_are_taken(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Moments()
    kept.add(np.float32([[1, 2, 3, 4], [3, 2, 3, 8]]))
    with_statistics(store, kept.encode())
    train = load(store, "train", stages=[STANDARDIZE], arrays=["log_mel"], **MANY)
    assert train.fitted == {"standardize": kept.encode()}
    plain = frames(load(store, "train", arrays=["log_mel"], **MANY), "log_mel")
    wanted = (plain - kept.mean) / [1, np.inf, np.inf, 2]
    np.testing.assert_allclose(frames(train, "log_mel"), wanted, atol=1e-4)
    # what stages at load write anew has nothing to do with them
    assert load(store, "train", stages=HEARD, arrays=["heard"], **MANY).fitted["standardize"] != kept.encode()


def test_what_is_known_is_not_fitted_again(store: Path) -> None:
    known = Moments()
    known.add(np.float32([[0] * 8, [2] * 8]))
    given = load(store, "train", stages=HEARD, arrays=["heard"], fitted={"standardize": known.encode()}, **MANY)
    assert given.fitted == {"standardize": known.encode()}


def test_a_split_without_frames_is_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    empty = [Made("a.wav", {"audio": audio(rng, 400), "log_mel": np.zeros((0, 4), np.float16)})]
    store = write_store(tmp_path / "store", {"train": empty}, (AUDIO, LOG_MEL))
    with pytest.raises(DataError, match=r"stages\[0\].standardize: there are no frames .* in train"):
        load(store, "train", stages=[STANDARDIZE], **MANY)


def test_draws_of_the_global_generator_are_left_alone(store: Path) -> None:
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    load(store, "train", stages=HEARD, arrays=["heard"], **MANY)
    assert torch.equal(torch.rand(4), wanted)
    assert set(json.loads(load(store, "train", stages=HEARD, **MANY).fitted["standardize"])) == {
        "frames",
        "mean",
        "squares",
    }
