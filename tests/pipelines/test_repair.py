"""Repair makes exactly what is damaged again, to the byte, and says so where it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from manifests.store import Store
from pipelines.gc import collect
from pipelines.repair import Repaired, repair
from pipelines.verify import verify
from tests.chaos.flips import mend, targets
from tests.factories import tone, write_lines
from tests.pipelines.corpora import Tones, checksums
from tests.pipelines.crashes import killed_at
from tests.pipelines.grown import COUNT, GROWN, Grown, files_of, only_in, read_all
from wavemill import cli

PLUGIN = """\
from features.stage import Transform

class Own(Transform):
    name = "own"

    def transform(self, value, draws):
        return value
"""


def mended(grown: Grown, **how: object) -> Repaired:
    with grown.lock() as storage:
        return repair(storage, **how)


def flip(path: Path, place: int, bit: int = 4) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= bit
    path.write_bytes(content)


def problems(made: Repaired) -> dict[str, str]:
    return {damage.name: damage.problem for damage in made.left}


def test_several_damages_at_once_are_mended_to_the_byte(either: Grown) -> None:
    store, rng = Store.open(either.root), np.random.default_rng(3)
    names = [*files_of(store), *targets(either.storage)[-4:]]
    assert {name.partition("/")[0] for name in names} == {"generations", "index", "shards", "spare", "tasks"}
    mend(either, rng, names)
    assert verify(either.storage, everything=True).damages == []
    assert either.build().shards_built == 0


@pytest.mark.parametrize("change", [1, 2, 3, 5])
def test_a_crash_leaves_a_store_that_is_mended_the_next_time(grown: Grown, change: int) -> None:
    before = grown.digests()
    entry = Store.open(grown.root).generation.shards[0]
    flip(grown.root / str(entry.shard), -1)
    assert killed_at(change, lambda: mended(grown))
    assert [damage.name for damage in verify(grown.storage).damages] in ([entry.shard], [])
    assert len(read_all(Store.open(grown.root))) == GROWN
    assert mended(grown).left == []
    assert {name: content for name, content in grown.digests().items() if "/.tmp-" not in name} == before


def test_a_damaged_example_is_decoded_again_and_its_neighbours_are_copied(grown: Grown) -> None:
    before = grown.digests()
    store = Store.open(grown.root)
    entry = store.generation.shards[-1]
    rows = store.index(entry).to_pylist()
    for row in (rows[0], rows[2]):
        flip(grown.root / str(entry.shard), row["log_mel.offset"])
    made = mended(grown)
    assert (made.files, made.shards, made.decoded) == ([entry.shard], 1, 2)
    assert made.copied == entry.recordings - 2
    assert grown.digests() == before
    assert (grown.root / "damaged" / str(entry.shard).replace("/", "-")).exists()


def test_damage_outside_of_examples_decodes_nothing(grown: Grown) -> None:
    before = grown.digests()
    entry = Store.open(grown.root).generation.shards[0]
    flip(grown.root / str(entry.shard), -1)
    made = mended(grown)
    assert (made.files, made.decoded, made.copied) == ([entry.shard], 0, entry.recordings)
    assert grown.digests() == before


def test_readers_of_a_damaged_shard_go_on_while_it_is_replaced(grown: Grown) -> None:
    store = Store.open(grown.root)
    entry = store.generation.shards[-1]
    rows = [row for row in store.index(entry).to_pylist() if row["checksum"]]
    flip(grown.root / str(entry.shard), rows[0]["log_mel.offset"])
    reader = store.shard(entry)
    mended(grown)
    for row in rows[1:]:
        reader.check(row)
    store.shard(entry).check(rows[0])


def test_a_sound_store_is_left_alone(grown: Grown) -> None:
    before = grown.digests()
    assert mended(grown, everything=True) == Repaired()
    assert grown.digests() == before


def test_a_lost_index_comes_back_when_the_corpus_has_grown_since(built: Grown, tmp_path: Path) -> None:
    grown = built.corpus_too(tmp_path)
    before = grown.digests()
    for number in range(300, 305):
        grown.tones.add(number)
    for entry in Store.open(grown.root).generation.shards:
        (grown.root / entry.index).unlink()
        (grown.root / str(entry.shard)).unlink()
    made = mended(grown, recipe=recipe_of(grown))
    assert (made.left, made.decoded) == ([], GROWN + 1)
    assert grown.digests() == before


def test_indexes_that_are_lost_with_their_receipts_come_back_from_the_shards_and_the_sources(either: Grown) -> None:
    before = either.digests()
    entries = Store.open(either.root).generation.shards
    for entry in entries:
        (either.root / entry.index).write_bytes(b"")
        (either.root / "tasks" / f"{entry.task}.json").write_bytes(b"")
    (only,) = [entry for entry in entries if entry.rejected]
    (either.root / str(only.shard)).write_bytes(b"")
    made = mended(either)
    assert made.left == []
    assert (made.shards, made.decoded) == (len(entries), GROWN + 1)
    assert either.digests() == before


def test_a_shard_tells_what_it_made_beside_one_that_is_lost_altogether(either: Grown) -> None:
    before = either.digests()
    entries = Store.open(either.root).generation.shards
    (partly,) = [entry for entry in entries if entry.rejected]
    lost = next(entry for entry in entries if entry.split == partly.split and entry != partly)
    for entry in (partly, lost):
        (either.root / entry.index).write_bytes(b"")
        (either.root / "tasks" / f"{entry.task}.json").write_bytes(b"")
    (either.root / str(lost.shard)).write_bytes(b"")
    assert mended(either).left == []
    assert either.digests() == before


def recipe_of(grown: Grown) -> str:
    grown.tones.recipe()
    text = (grown.tones.folder / "recipe.yaml").read_text("utf-8")
    return str(write_lines(grown.tones.folder / "repair.yaml", text))


def test_a_source_that_has_changed_is_named_and_replaces_nothing(built: Grown, tmp_path: Path) -> None:
    grown = built.corpus_too(tmp_path)
    store = Store.open(grown.root)
    entry = store.generation.shards[-1]
    row = next(row for row in store.index(entry).to_pylist() if row["checksum"])
    flip(grown.root / str(entry.shard), row["log_mel.offset"])
    damaged = (grown.root / str(entry.shard)).read_bytes()
    grown.tones.write(grown.tones.root / row["path"], tone(0.4, 8000, 1234))
    made = mended(grown, recipe=recipe_of(grown))
    assert problems(made) == {entry.shard: "the sources have changed since: what they give now is not what was there"}
    assert (grown.root / str(entry.shard)).read_bytes() == damaged
    (grown.tones.root / row["path"]).unlink()
    assert problems(mended(grown, recipe=recipe_of(grown))) == {
        entry.shard: f"cannot be made again: gone from the sources: {row['key']}"
    }


def test_what_cannot_be_mended_is_dropped_when_asked_and_built_anew(built: Grown, tmp_path: Path) -> None:
    grown = built.corpus_too(tmp_path)
    entry = Store.open(grown.root).generation.shards[-1]
    row = Store.open(grown.root).index(entry).to_pylist()[0]
    (grown.root / str(entry.shard)).write_bytes(b"")
    grown.tones.write(grown.tones.root / row["path"], tone(0.4, 8000, 1234))
    made = mended(grown, recipe=recipe_of(grown), drop=True)
    assert made.generation == 3
    assert Store.open(grown.root).generation.parent == 2
    assert verify(grown.storage).damages == []
    again = grown.build()
    assert (again.recordings, again.generation) == (GROWN + 1, 4)
    assert len(read_all(Store.open(grown.root))) == GROWN


def test_another_recipe_than_that_of_the_store_is_refused(grown: Grown, tmp_path: Path) -> None:
    entry = Store.open(grown.root).generation.shards[0]
    (grown.root / str(entry.shard)).write_bytes(b"")
    made = mended(grown, recipe=str(grown.tones.folder / "recipe.yaml"), overrides=["stages[2].log_mel.n_mels=40"])
    assert problems(made)[str(entry.shard)].endswith("as in generation 2: log_mel.n_mels 32 -> 40")


def test_a_missing_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tones = Tones(tmp_path, 8)
    monkeypatch.setenv("CORPUS", str(tones.root))
    tones.root = Path("${CORPUS}")
    grown = Grown(tones, tones.store)
    grown.build()
    (grown.root / Store.open(grown.root).generation.shards[0].index).write_bytes(b"")
    monkeypatch.delenv("CORPUS")
    found = CliRunner().invoke(cli, ["repair", str(grown.root)])
    assert "CORPUS" in str(found.exception)
    monkeypatch.setenv("CORPUS", str(tmp_path / "corpus"))
    assert CliRunner().invoke(cli, ["repair", str(grown.root)]).exit_code == 0
    assert verify(grown.storage).damages == []


def test_a_generation_without_a_spare_is_left_and_rolled_back_from(grown: Grown) -> None:
    for name in ("generations/00000002.json", "spare/generations/00000002.json"):
        os.truncate(grown.root / name, 100)
    made = mended(grown)
    assert list(problems(made)) == ["generations/00000002.json"]
    assert "rollback" in made.left[0].remedy
    run = CliRunner()
    assert run.invoke(cli, ["rollback", str(grown.root), "1"]).exit_code == 0
    assert Store.open(grown.root).generation.number == 3
    assert len(checksums(grown.root)) == COUNT
    assert mended(grown).left == []
    assert not (grown.root / "generations" / "00000002.json").exists()
    assert grown.build().shards_built == 0
    assert len(checksums(grown.root)) == GROWN


def test_unfinished_work_that_is_damaged_is_put_aside_and_done_again(grown: Grown) -> None:
    entry = only_in(grown, 2)
    for name in ("generations/00000002.json", "spare/generations/00000002.json"):
        (grown.root / name).unlink()
    (grown.root / str(entry.shard)).write_bytes(b"")
    assert mended(grown, everything=True).files == [entry.shard]
    made = grown.build()
    assert made.shards_built == 1
    assert verify(grown.storage).damages == []


def test_unfinished_work_that_is_damaged_does_not_stand_in_the_way(grown: Grown) -> None:
    entry, content = only_in(grown, 2), checksums(grown.root)
    for name in (*(f"{folder}generations/00000002.json" for folder in ("", "spare/")), f"tasks/{entry.task}.json"):
        (grown.root / name).unlink()
    for name in (str(entry.shard), entry.index):
        (grown.root / name).write_bytes(b"")
    assert grown.build().shards_built == 1
    assert checksums(grown.root) == content
    assert verify(grown.storage, everything=True).damages == []
    assert {entry.shard, entry.index} == set(collect(grown.storage, older_than=-1).files)


def test_plugins_need_the_recipe_itself(tmp_path: Path) -> None:
    write_lines(tmp_path / "own.py", PLUGIN)
    tones = Tones(tmp_path, 8, more="  - own: {}\n", tail="plugins: [own.py]\n")
    grown = Grown(tones, tones.store)
    grown.build()
    (grown.root / str(Store.open(grown.root).generation.shards[0].shard)).write_bytes(b"")
    with pytest.raises(ValueError, match=r"own\.py"), grown.lock() as storage:
        repair(storage)
    assert mended(grown, recipe=str(tmp_path / "recipe.yaml")).left == []
