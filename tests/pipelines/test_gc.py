"""gc removes what nothing names, and never what is in use."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from manifests.generation import load, name_of, numbers
from manifests.store import Store
from pipelines.gc import Collected, collect, retention, runs_of
from pipelines.history import rollback, tag
from pipelines.verify import verify
from tests.pipelines.corpora import checksums
from tests.pipelines.crashes import killed_at
from tests.pipelines.grown import Grown, files_of, only_in, read_all
from wavemill import cli

HARSH = {"keep": 1, "keep_days": 0.0, "older_than": 0.0}


def run_on(grown: Grown, folder: Path, number: int) -> Path:
    """The folder of a training run on a generation."""
    folder.mkdir(parents=True)
    facts = {"store": str(grown.root), "generation": number, "where": None, "valid_split": "test"}
    (folder / "run.json").write_text(json.dumps(facts))
    return folder


def aged(grown: Grown, days: float) -> None:
    """Makes the first generation, and every file, so much older."""
    then = time.time() - days * 86_400
    made = load(grown.storage, 1)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(then))
    for name in (name_of(1), f"spare/{name_of(1)}"):
        grown.storage.replace(name, replace(made, created=created).encode())
    for path in grown.root.rglob("*"):
        os.utime(path, (then, then))


def test_a_young_store_is_left_alone(grown: Grown) -> None:
    before = grown.digests()
    assert collect(grown.storage) == Collected()
    assert collect(grown.storage, older_than=0.0) == Collected()
    assert grown.digests() == before


def test_what_only_an_old_generation_names_goes_with_it(grown: Grown) -> None:
    content, only = checksums(grown.root), only_in(grown, 1)
    told = collect(grown.storage, **HARSH, dry_run=True)
    assert (grown.root / only.index).exists()
    made = collect(grown.storage, **HARSH)
    assert made == told
    assert made.generations == [1]
    assert set(made.files) == {only.index, only.shard, f"tasks/{only.task}.json"}
    assert numbers(grown.storage) == [2]
    assert verify(grown.storage, everything=True).damages == []
    assert read_all(Store.open(grown.root)) == content
    assert grown.build().shards_built == 0


def test_generations_stay_by_number_by_age_and_by_name(grown: Grown, tmp_path: Path) -> None:
    aged(grown, 40)
    assert collect(grown.storage, keep=1, keep_days=41).generations == []
    assert collect(grown.storage, keep=2, keep_days=0).generations == []
    assert collect(grown.storage, keep=1, keep_days=0, pinned=[1]).generations == []
    tag(grown.storage, "paper", 1)
    assert collect(grown.storage, keep=1, keep_days=0, older_than=0).generations == []
    assert read_all(Store.open(f"{grown.root}@1"))


def test_old_files_that_nothing_names_go_and_young_ones_stay(grown: Grown) -> None:
    rubbish = ["shards/.tmp-1", "shards/train-0.arrow", "index/train-0.parquet", "tasks/0.json", "damaged/x", ".tmp-2"]
    for name in rubbish:
        (grown.root / name).parent.mkdir(exist_ok=True)
        (grown.root / name).write_bytes(b"rubbish")
    assert collect(grown.storage).files == []
    for name in rubbish:
        os.utime(grown.root / name, (1, 1))
    before = {name for name in grown.digests() if name not in rubbish}
    made = collect(grown.storage)
    assert sorted(Path(name).name for name in made.files) == sorted(Path(name).name for name in rubbish)
    assert made.bytes == 7 * len(rubbish)
    assert set(grown.digests()) == before


def test_readers_of_a_generation_that_goes_finish_what_they_have_open(grown: Grown) -> None:
    store = Store.open(f"{grown.root}@1")
    rows = [(store.shard(entry), store.index(entry).to_pylist()) for entry in store.generation.shards]
    collect(grown.storage, **HARSH)
    assert sum(row["fate"] == "produced" for _, found in rows for row in found)
    for reader, found in rows:
        for row in found:
            if row["fate"] == "produced":
                reader.check(row)


def test_nothing_is_removed_while_a_generation_cannot_be_read(grown: Grown) -> None:
    (grown.root / name_of(1)).write_bytes(b"{}")
    before = grown.digests()
    with pytest.raises(ValueError, match="wavemill verify"):
        collect(grown.storage, **HARSH)
    assert grown.digests() == before


def test_a_candidate_keeps_its_files_until_the_store_moves_on(grown: Grown) -> None:
    only = only_in(grown, 2)
    candidate = replace(load(grown.storage, 2), parent=3, number=4)
    rollback(grown.storage, 1)
    for number in (1, 2):
        for name in (name_of(number), f"spare/{name_of(number)}"):
            (grown.root / name).unlink()
    grown.storage.replace("generations/candidate-0.json", candidate.encode())
    collect(grown.storage, **HARSH)
    assert (grown.root / only.index).exists()
    grown.storage.replace("generations/candidate-0.json", replace(candidate, parent=2).encode())
    collect(grown.storage, **HARSH)
    assert not (grown.root / only.index).exists()
    assert not (grown.root / "generations/candidate-0.json").exists()


def test_runs_keep_the_generation_that_they_learnt_from(grown: Grown, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    folder = run_on(grown, runs / "mine", 1)
    (runs / "other").mkdir()
    (runs / "other" / "run.json").write_text(json.dumps({"store": "/elsewhere", "generation": 1}))
    assert [found for found, _ in runs_of(grown.storage, runs)] == [folder]
    command = ["gc", str(grown.root), "--keep", "1", "--keep-days", "0", "--older-than", "0s", "--json"]
    kept = json.loads(CliRunner().invoke(cli, [*command, "--runs", str(runs)]).stdout)
    assert (kept["generations"], kept["files"]) == ([], [])
    assert json.loads(CliRunner().invoke(cli, command).stdout)["generations"] == [1]


def test_the_recipe_says_how_much_stays(grown: Grown) -> None:
    assert retention(grown.storage) == (5, 30.0)
    text = (grown.root / "recipe.yaml").read_text("utf-8") + "retain: {generations: 2, days: 7}\n"
    made = replace(load(grown.storage, 2), recipe_text=text)
    grown.storage.replace(name_of(2), made.encode())
    assert retention(grown.storage) == (2, 7)


def test_a_crash_at_any_moment_leaves_a_usable_store(grown: Grown) -> None:
    content = checksums(grown.root)
    change = 1
    while killed_at(change, lambda: collect(grown.storage, **HARSH)):
        assert verify(grown.storage, everything=True).damages == []
        assert read_all(Store.open(grown.root)) == content
        change += 1
    assert change > 2
    assert set(files_of(Store.open(grown.root))) == {
        name for name in grown.digests() if name.partition("/")[0] in ("shards", "index", "tasks")
    }
