"""Manifests of a selection: the reader `table` reads back what the store was built from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.browsing.columns import Columns
from explorer.browsing.manifest import line, manifest, reading
from explorer.browsing.selection import Query, Selections
from explorer.errors import ExplorerError
from manifests.corpora.table import Table
from manifests.store import Store
from pipelines.build import build
from pipelines.recipe_file import load_recipe
from pipelines.scan import scan
from tests.explorer.browsing.stores import no_score, shelf_of
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.corpora import checksums
from tests.pipelines.in_process import in_process

RECIPE = """\
name: manifest
corpora:
  talks: {{reader: table, root: "{root}", path: {table}, labels: [topic, path_of_it]{more}}}
source: [talks]
split: {{from: corpus}}
copies: {{train: 2}}
stages:
  - decode: {{}}
  - gain: {{gain_db: {{uniform: [-6, 0]}}}}
store: {{path: "{store}", keep: {{audio: flac}}}}
"""
ROWS = [
    {"path": "a.wav", "split": "train", "speaker": "ada", "text": "eins", "topic": "x", "year": 1999},
    {"path": "long.wav", "start": 0.25, "end": 0.75, "split": "train", "speaker": "bob", "topic": "y"},
    {"path": "long.wav", "start": 0.0, "end": 0.125, "split": "test", "text": "zwei & <b>", "path_of_it": "z"},
    {"path": "stereo.wav", "channel": 1, "split": "test", "speaker": "ada", "topic": "x"},
    {
        "key": "joined",
        "split": "train",
        "pieces": [
            {"path": "a.wav", "gap": 0.1, "speaker": "ada", "text": "eins"},
            {"path": "long.wav", "start": 0.5, "seconds": 0.25, "gap": 0.05, "speaker": "bob"},
        ],
    },
    {"path": "broken.wav", "split": "train", "topic": "y"},
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("manifest")
    root = place / "corpus"
    for name, seconds, channels in (("a", 0.2, 1), ("long", 1.0, 1), ("stereo", 0.3, 2)):
        write_audio(root / f"{name}.wav", tone(seconds, channels=channels))
    (root / "broken.wav").write_bytes(b"RIFF and no more")
    write_lines(root / "rows.jsonl", *map(json.dumps, ROWS))
    make(place, "store", "rows.jsonl", ", columns: {pieces: pieces}")
    return place


def make(place: Path, name: str, table: str, more: str) -> None:
    text = RECIPE.format(root=place / "corpus", store=place / name, table=table, more=more)
    with in_process():
        build(load_recipe(write_lines(place / f"{name}.yaml", text), ["gates.max_rejected=100%"]), "inline")


def exported(store: Path, **query: str) -> list[dict]:
    columns = Columns(Store.open(store))
    rows = Selections(columns, no_score).rows(Query(**query))
    return [json.loads(text) for text in manifest(columns, rows)]


def test_everything_is_read_back_as_it_was(place):
    lines = exported(place / "store")
    write_lines(place / "corpus" / "selection.jsonl", *map(json.dumps, lines))
    parameters = {**reading(Columns(Store.open(place / "store"))), "root": str(place / "corpus")}
    assert parameters.pop("reader") == "table"
    assert parameters["columns"] == {"pieces": "pieces"}
    found = {one.key: one for one in Table(**parameters).rows()}
    built_from = [row.recording for row in scan(load_recipe(place / "store.yaml"))]
    keys = [one.key.removeprefix("talks/") for one in built_from]
    assert found == {key: one._replace(key=key) for key, one in zip(keys, built_from, strict=True)}
    assert len(found) == len(ROWS)


def test_a_store_that_is_built_from_it_has_the_same_rows(place):
    write_lines(place / "corpus" / "all.jsonl", *map(json.dumps, exported(place / "store")))
    make(place, "again", "all.jsonl", ", columns: {pieces: pieces}")
    assert checksums(place / "again") == checksums(place / "store")


PAIRS = [
    {"path": "a.wav", "split": "train", "clean": "a.wav"},
    {"path": "long.wav", "start": 0.25, "end": 0.75, "split": "test", "clean": "stereo, left.wav", "noise": "a.wav"},
]


@pytest.mark.parametrize("also", ["", "also: [clean]"])
def test_what_is_beside_a_recording_is_read_back_too(place, tmp_path, also):
    write_audio(place / "corpus" / "stereo, left.wav", tone(1.0))
    write_lines(place / "corpus" / "pairs.jsonl", *map(json.dumps, PAIRS))
    text = RECIPE.format(root=place / "corpus", store=tmp_path / "pairs", table="pairs.jsonl", more="").replace(
        "labels: [topic, path_of_it]", "beside: {clean: clean, noise: noise}"
    )
    recipe = write_lines(tmp_path / "pairs.yaml", text.replace("decode: {}", f"decode: {{{also}}}"))
    with in_process():
        build(load_recipe(recipe), "inline")
    lines = exported(tmp_path / "pairs")
    write_lines(place / "corpus" / "again.jsonl", *map(json.dumps, lines))
    parameters = {**reading(Columns(Store.open(tmp_path / "pairs"))), "root": str(place / "corpus")}
    parameters |= {"path": "again.jsonl"}
    assert parameters.pop("reader") == "table"
    found = {one.key: one for one in Table(**parameters).rows()}
    built_from = {row.key.removeprefix("talks/"): row.recording for row in scan(load_recipe(recipe))}
    assert found == {key: one._replace(key=key) for key, one in built_from.items()}


def test_only_what_is_selected_is_written_and_each_recording_once(place):
    found = exported(place / "store", where="speaker == 'ada' and split == 'train'")
    about = {"split": "train", "speaker": "ada", "text": "eins", "year": 1999, "topic": "x"}
    assert found == [{"key": "a.wav", "path": "a.wav", **about}]
    assert [one["key"] for one in exported(place / "store", where="fate == 'rejected'")] == ["broken.wav"]
    assert exported(place / "store", find="nothing has this") == []


def test_a_span_keeps_its_bounds(place):
    (found,) = exported(place / "store", where="speaker == 'bob'")
    assert (found["path"], found["start"], found["seconds"]) == ("long.wav", 0.25, 0.5)


def test_labels_that_are_named_like_columns_come_back():
    row = {"key": "c/a.wav", "corpus": "c", "path": "a.wav", "fate": "produced", "split": "train", "speaker": None}
    row |= {"text": None, "labels": '{"speaker": "x", "digit": 3}', "extra": "{}", "notes": "{}"}
    found = line(row)
    assert found == {"key": "a.wav", "path": "a.wav", "split": "train", "label.speaker": "x", "digit": 3}
    several = line(row, several=True)
    assert several["corpus"] == "c"


def test_recordings_inside_shards_are_refused_in_words(place, tmp_path):
    text = (place / "store.yaml").read_text().replace(str(place / "store"), str(tmp_path / "second"))
    lines = text.splitlines()
    lines[2] = f'  talks: {{reader: store, root: "{place / "store"}"}}'
    with in_process():
        build(load_recipe(write_lines(tmp_path / "second.yaml", *lines), []), "inline")
    with pytest.raises(ExplorerError, match="lie inside the shards of another store"):
        exported(tmp_path / "second")
    opened = shelf_of(tmp_path / "second").open("second")
    assert opened.summary()["rows"] > 0, "it can be looked at nevertheless"
