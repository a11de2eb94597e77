"""What changed since the last generation, on stores that were built twice."""

from __future__ import annotations

from manifests import generation
from manifests.store import Store
from pipelines.build import build
from pipelines.report.changes import Difference, changes, recipe_differences, recordings, stage_differences
from tests.pipelines.corpora import Tones
from tests.pipelines.grown import COUNT, GROWN


def test_growth_is_told_exactly(built):
    found = changes(Store.open(built.root))
    assert found is not None
    assert (found.number, found.added, found.removed, found.changed) == (1, GROWN - COUNT, 0, 1)
    assert found.counts["recordings"] == (COUNT + 1, GROWN + 1)
    assert found.counts["rejected"] == (1, 1)
    assert (found.stages, found.recipe, found.libraries) == ([], [], [])
    assert changes(Store.open(f"{built.root}@1")) is None, "the first one has none before it"


def test_what_went_what_came_and_what_is_other(tmp_path):
    tones = Tones(tmp_path, 20)
    build(tones.recipe(), "inline")
    for number in (2, 4, 5):
        (tones.root / ("low" if number % 2 else "high") / f"{number:04d}.wav").unlink()
    tones.add(6, seconds=0.4)
    tones.add(30)
    tones.add(31)
    more = ("stages[2]={log_mel: {n_fft: 256, hop_length: 80, n_mels: 16}}", "split={by: key, test: 0.3, seed: 1}")
    build(tones.recipe(*more), "inline")
    now = Store.open(tones.store)
    found = changes(now)
    assert found is not None
    assert (found.added, found.removed, found.changed) == (2, 3, 1)
    assert found.stages == [Difference("log_mel.n_mels", "32", "16")]
    assert recordings(now, Store.open(f"{tones.store}@1")) == (3, 2, 1), "the other way round"
    assert recordings(now, now) == (0, 0, 0)


def test_another_split_is_a_change_and_an_unchanged_file_that_was_touched_is_none(tmp_path):
    tones = Tones(tmp_path, 20)
    build(tones.recipe(), "inline")
    splits = {row: entry.split for entry in Store.open(tones.store).generation.shards for row in _keys(tones, entry)}
    tones.add(3)  # the same samples, at another time
    build(tones.recipe("split={by: key, test: 0.3, seed: 5}"), "inline")
    moved = [
        key
        for entry in Store.open(tones.store).generation.shards
        for key in _keys(tones, entry)
        if splits[key] != entry.split
    ]
    found = changes(Store.open(tones.store))
    assert found is not None
    assert moved
    assert (found.added, found.removed, found.changed) == (0, 0, len(moved))
    assert [(one.name, one.was, one.now) for one in found.recipe] == [("split.seed", "1", "5")]


def _keys(tones, entry):
    return Store.open(tones.store).index(entry, ["key"])["key"].to_pylist()


def test_a_generation_whose_parent_is_gone(grown):
    grown.storage.delete(generation.name_of(1))
    assert changes(Store.open(grown.root)) is None


def test_stages_that_come_and_go():
    before = [{"decode": {}}, {"gain": {"gain_db": 3}}, {"gain": {"gain_db": 6}}, {"mfcc": None}]
    now = [
        {"decode": {"channels": "all"}},
        {"gain": {"gain_db": 3}},
        {"gain": {"gain_db": 9}},
        {"log_mel": {"n_mels": 8}},
    ]
    assert stage_differences(before, now) == [
        Difference("decode.channels", None, "all"),
        Difference("gain (2).gain_db", "6", "9"),
        Difference("mfcc", "removed", None),
        Difference("log_mel", None, "added"),
    ]
    assert stage_differences(now, now) == []


def test_settings_of_recipes():
    before = (
        "name: a\ncopies: {train: 3}\ngates: {max_rejected: 1%}\nnotify: {command: [x, secret]}\nstages: [decode]\n"
    )
    now = "name: b\ncopies: {train: 2, test: 1}\nnotify: {command: [y]}\nstages: [decode, mfcc]\n"
    assert recipe_differences(before, now) == [
        Difference("copies.test", None, "1"),
        Difference("copies.train", "3", "2"),
        Difference("gates.max_rejected", "1%", None),
    ]
    assert recipe_differences("", now) == []
