"""One pass over the indexes says what the ledger says, and draws the same sample however a store is cut."""

from __future__ import annotations

import json

import numpy as np
import xxhash

from manifests.store import Store
from pipelines.ledger import read_ledger
from pipelines.report.survey import SEED, survey
from tests.stores import AUDIO, LOG_MEL, Made, audio, examples, write_store


def clips(count, name="clip", seconds=0.1):
    rng = np.random.default_rng(0)
    return [
        Made(
            f"{name}/{number:03}",
            {"audio": audio(rng, round(seconds * 8000))},
            {"digit": str(number % 3), "tags": ["a", "b"][: number % 3]},
            ("ada", "ben")[number % 2],
            notes={"decode": {"sample_rate": 8000 if number % 4 else 16000}},
        )
        for number in range(count)
    ]


def test_counts_are_those_of_the_ledger(built):
    store = Store.open(built.root)
    found, ledger = survey(store), read_ledger(store)
    assert {name: +split.fates for name, split in found.splits.items()} == {n: +c for n, c in ledger.counts.items()}
    assert list(found.left_out) == list(ledger.reasons)
    assert [keys for *_, keys in found.left_out.with_keys()] == [["tones/high/broken.wav"]]
    made = store.generation
    assert found.recordings == made.count("recordings")
    assert sum(split.examples for split in found.splits.values()) == made.count("examples")
    rows = [row for entry in made.shards for row in store.index(entry).to_pylist() if row["fate"] == "produced"]
    assert sum(split.durations.count for split in found.splits.values()) == len(rows)
    label = [json.loads(row["labels"])["label"] for row in rows]
    assert {value: sum(counts.values()) for value, counts in found.labels["label"].commonest(9)} == {
        "high": label.count("high"),
        "low": label.count("low"),
    }
    assert found.rates.commonest(1).__next__()[0] == "8000"


def test_labels_that_are_lists_speakers_and_rates(tmp_path):
    store = Store.open(write_store(tmp_path, {"train": clips(24)}, (AUDIO,)))
    found = survey(store)
    assert list(found.labels["tags"].commonest(9)) == [("a", {"train": 16}), ("b", {"train": 8})]
    assert list(found.speakers.commonest(9)) == [("ada", {"train": 12}), ("ben", {"train": 12})]
    assert list(found.rates.commonest(9)) == [("8000", {"train": 18}), ("16000", {"train": 6})]


def test_a_recording_of_several_examples_counts_once(tmp_path):
    made = clips(6)
    made = [one for first in made for one in (first, Made(first.key, first.arrays, first.labels, "ada", copy=1))]
    found = survey(Store.open(write_store(tmp_path, {"train": made}, (AUDIO,), per_shard=20)))
    assert found.splits["train"].fates == {"produced": 6, "rejected": 1}
    assert found.splits["train"].examples == 12
    assert found.speakers.total("train") == 6


def test_the_sample_is_of_the_lowest_hashes_however_the_store_is_cut(tmp_path):
    made = clips(60)
    expected = sorted((one.key for one in made), key=lambda key: xxhash.xxh3_64_intdigest(key.encode(), SEED))[:15]
    for number, per_shard in enumerate((60, 7, 1)):
        store = Store.open(write_store(tmp_path / str(number), {"train": made, "test": made}, (AUDIO,), per_shard))
        found = survey(store, sample=30)
        assert [one.row["key"] for one in found.splits["train"].sample] == expected
        for one in found.splits["test"].sample:
            store.shard(one.entry).check(one.row)


def test_without_audio_nothing_is_sampled(tmp_path):
    found = survey(Store.open(write_store(tmp_path, {"train": examples(9)}, (LOG_MEL,))))
    assert found.splits["train"].sample == []


def test_of_a_store_elsewhere_one_shard_of_each_split_is_sampled(tmp_path):
    store = Store.open(write_store(tmp_path, {"train": clips(40), "test": clips(20)}, (AUDIO,), per_shard=10))
    found = survey(store, sample=40, everywhere=False)
    for split in found.splits.values():
        assert len({one.entry.index for one in split.sample}) == 1
        assert len(split.sample) == 10
    assert found.recordings == survey(store).recordings
