"""What neighbours read of a store is what our reader gives, and exactly the current rows."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from manifests.index import PRODUCED
from manifests.store import Store
from pipelines.build import build
from tests.factories import tone, write_audio
from tests.pipelines.corpora import Tones

Example = dict[str, Any]


def ours(store: Path) -> dict[str, dict[str, Example]]:
    """Each split's examples by key, as our reader maps them, checked."""
    opened = Store.open(store)
    found: dict[str, dict[str, Example]] = {}
    for entry in opened.generation.shards:
        if entry.shard is None:
            continue
        reader = opened.shard(entry)
        for row in opened.index(entry).to_pylist():
            if row["fate"] == PRODUCED:
                reader.check(row)
                arrays = {name: reader.read(row, name) for name in ("log_mel", "audio")}
                found.setdefault(entry.split, {})[row["key"]] = {**arrays, "labels": json.loads(row["labels"])}
    return found


def equal(theirs: dict[str, dict[str, Example]], store: Path) -> None:
    expected = ours(store)
    assert {split: set(rows) for split, rows in theirs.items()} == {
        split: set(rows) for split, rows in expected.items()
    }
    for split, rows in expected.items():
        for key, example in rows.items():
            other = theirs[split][key]
            np.testing.assert_array_equal(np.asarray(other["log_mel"], np.float16), example["log_mel"])
            np.testing.assert_array_equal(other["audio"], example["audio"])
            assert other["labels"] == example["labels"]


def from_datasets(store: Path, cache: Path) -> dict[str, dict[str, Example]]:
    import datasets

    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(store), cache_dir=str(cache))
    found: dict[str, dict[str, Example]] = {}
    for split, rows in loaded.items():
        plain = rows.cast_column("audio", datasets.Audio(decode=False))
        for row in plain:
            samples, _ = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16", always_2d=True)
            labels = {"label": row["label"]}
            found.setdefault(split, {})[row["key"]] = {"log_mel": row["log_mel"], "audio": samples, "labels": labels}
    return found


def from_webdataset(store: Path) -> dict[str, dict[str, Example]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own imports
        import webdataset

    opened = Store.open(store)
    found: dict[str, dict[str, Example]] = {}
    for split in opened.generation.splits():
        paths = [str(opened.storage.path(entry.shard)) for entry in opened.entries(split) if entry.shard]
        for sample in webdataset.WebDataset(paths, shardshuffle=False):
            facts = json.loads(sample["json"])
            samples, _ = soundfile.read(io.BytesIO(sample["audio.flac"]), dtype="int16", always_2d=True)
            frames = np.load(io.BytesIO(sample["log_mel.npy"]), allow_pickle=False)
            example = {"log_mel": frames, "audio": samples, "labels": facts["labels"]}
            found.setdefault(split, {})[facts["key"]] = example
    return found


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # webdataset leaves files to the collector
@pytest.mark.parametrize("format", ["arrow", "tar"])
def test_neighbours_read_exactly_the_current_rows(tmp_path: Path, format: str) -> None:
    tones = Tones(tmp_path, 20, format=format)
    for step in ("first", "changed"):
        build(tones.recipe(), "inline")
        theirs = from_datasets(tones.store, tmp_path / step) if format == "arrow" else from_webdataset(tones.store)
        equal(theirs, tones.store)
        write_audio(tones.root / "high" / "0004.wav", tone(0.5, 8000, 3000))
        (tones.root / "low" / "0001.wav").unlink(missing_ok=True)
        tones.add(70)


def test_the_stored_audio_is_the_source_to_the_bit(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 6)
    build(tones.recipe(), "inline")
    for rows in ours(tones.store).values():
        for key, example in rows.items():
            samples, _ = soundfile.read(tones.root / key.removeprefix("tones/"), dtype="int16", always_2d=True)
            np.testing.assert_array_equal(example["audio"], samples)


def test_datasets_opens_one_shard_by_itself(tmp_path: Path) -> None:
    import datasets

    tones = Tones(tmp_path, 6)
    build(tones.recipe(), "inline")
    opened = Store.open(tones.store)
    for entry in opened.generation.shards:
        rows = datasets.Dataset.from_file(str(opened.storage.path(str(entry.shard))))
        assert len(rows) == entry.examples
        assert rows.features["log_mel"].feature.length == 32


def test_raw_and_multichannel_arrays_come_back(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 1)
    (tones.root / "low").mkdir(exist_ok=True)
    stereo = np.concatenate([tone(0.2, 8000, 300), tone(0.2, 8000, 900)])
    write_audio(tones.root / "low" / "stereo.wav", stereo, 8000)
    for format in ("arrow", "tar"):
        recipe = tones.recipe(
            f"store.path={tmp_path}/{format}",
            f"store.format={format}",
            "stages=[decode: {channels: all}]",
            "store.keep={audio: int16}",
            "split={by: path, test: [low/stereo.wav]}",
        )
        build(recipe, "inline")
        opened = Store.open(tmp_path / format)
        (entry,) = opened.entries("test")
        (row,) = opened.index(entry).to_pylist()
        samples, _ = soundfile.read(tones.root / "low" / "stereo.wav", dtype="int16")
        np.testing.assert_array_equal(opened.shard(entry).read(row, "audio"), samples)
