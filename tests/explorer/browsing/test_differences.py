"""Differences between generations: what was added, removed, changed, by key; and parameters that are others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.browsing.differences import differences
from manifests.store import Store
from tests.pipelines.corpora import Tones, checksums
from tests.pipelines.in_process import in_process
from tests.stores import examples, write_store


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    """Generation 2 has two tones more, one gone and one changed; generation 3 other parameters."""
    from pipelines.build import build

    tones = Tones(tmp_path_factory.mktemp("differences"), 8)
    with in_process():
        build(tones.recipe(), "inline")
        tones.add(8)
        tones.add(9)
        tones.add(3, seconds=0.5)
        (tones.root / "high" / "0004.wav").unlink()
        build(tones.recipe("gates.max_dropped=100%"), "inline")
        build(tones.recipe("stages[2].log_mel.n_mels=24"), "inline")
    return tones


def test_what_a_corpus_did_is_seen(tones):
    found = differences(Store.open(f"{tones.store}@1"), Store.open(f"{tones.store}@2"))
    assert found["added"] == {"count": 2, "keys": ["tones/high/0008.wav", "tones/low/0009.wav"]}
    assert found["removed"] == {"count": 1, "keys": ["tones/high/0004.wav"]}
    assert found["changed"] == {"count": 1, "keys": ["tones/low/0003.wav"]}
    assert found["stages"] == []
    assert found["counts"]["recordings"] == [8, 9]


def test_backwards_it_is_the_other_way_about(tones):
    there = differences(Store.open(f"{tones.store}@1"), Store.open(f"{tones.store}@2"))
    back = differences(Store.open(f"{tones.store}@2"), Store.open(f"{tones.store}@1"))
    assert (back["added"], back["removed"], back["changed"]) == (there["removed"], there["added"], there["changed"])


def test_other_parameters_change_every_row_and_are_named(tones):
    old, new = Store.open(f"{tones.store}@2"), Store.open(f"{tones.store}@3")
    found = differences(old, new)
    assert found["stages"] == [{"at": "log_mel.n_mels", "old": 32, "new": 24}]
    assert found["changed"]["count"] == len(checksums(tones.store)) == 9
    assert (found["added"]["count"], found["removed"]["count"]) == (0, 0)


def test_a_generation_does_not_differ_from_itself(tones):
    store = Store.open(tones.store)
    found = differences(store, store)
    assert all(found[name] == {"count": 0, "keys": []} for name in ("added", "removed", "changed"))


def test_moving_rows_between_shards_is_no_change(tmp_path):
    made = examples(20)
    one = write_store(tmp_path / "one", {"train": made}, per_shard=5)
    other = write_store(tmp_path / "other", {"train": made[::-1]}, per_shard=7)
    found = differences(Store.open(one), Store.open(other))
    assert found["changed"]["count"] == 0
    assert {key.rpartition("/")[2] for key in found["added"]["keys"]} <= {"broken"}, "each shard has one of its own"


def test_one_copy_that_differs_is_a_change_of_its_recording(tmp_path):
    made = [*examples(3), *(replace(one, copy=1) for one in examples(3))]
    changed = [*made[:-1], replace(made[-1], text="another one")]
    stores = [write_store(tmp_path / name, {"train": rows}) for name, rows in (("a", made), ("b", changed))]
    found = differences(*map(Store.open, stores))
    assert found["changed"] == {"count": 1, "keys": ["clip/0002.wav"]}
