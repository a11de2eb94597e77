"""Every flipped bit and every cut is found, wherever it is, and a damaged row is never handed out."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from manifests.errors import DamagedError
from manifests.sealed import seal
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.receipts import find_receipt
from pipelines.verify import Part, check, due, parts_of, verify
from tests.chaos.flips import REFUSED, SOUND, hand_out, hurt, targets
from tests.pipelines.grown import Grown, only_in
from wavemill import cli

TRIES = 100


def damaged(grown: Grown, **how: object) -> list[str]:
    return [damage.name for damage in verify(grown.storage, **how).damages]


def test_a_sound_store_has_no_damage(either: Grown) -> None:
    report = verify(either.storage, everything=True)
    assert report.damages == []
    assert report.generations == [1, 2]
    sizes = [path.stat().st_size for name in ("shards", "index") for path in (either.root / name).iterdir()]
    assert report.bytes == sum(sizes)


def test_flips_and_cuts_of_every_kind_of_file_are_found_and_named(either: Grown) -> None:
    rng = np.random.default_rng(1)
    seen = set()
    for name in rng.choice(targets(either.storage), TRIES):
        path = either.root / name
        sound = path.read_bytes()
        hurt(path, rng)
        assert damaged(either, everything=True) == [name]
        path.write_bytes(sound)
        seen.add(name.partition("/")[0])
    assert seen == {"generations", "index", "shards", "spare", "tasks"}
    assert damaged(either, everything=True) == []


def test_training_gets_every_row_as_it_was_written_or_none(either: Grown) -> None:
    rng = np.random.default_rng(2)
    shards = [name for name in targets(either.storage) if name.startswith("shards/")]
    expected = hand_out(either.root)
    assert expected[0] == SOUND
    answers = []
    for name in rng.choice(shards, 12):
        path = either.root / name
        sound = path.read_bytes()
        hurt(path, rng)
        outcome, digests = hand_out(either.root)
        assert digests <= expected[1]
        answers.append(outcome)
        path.write_bytes(sound)
    assert REFUSED in answers


def test_a_missing_file_and_one_that_cannot_be_read_are_damage(grown: Grown) -> None:
    entry = Store.open(grown.root).generation.shards[0]
    (grown.root / entry.index).unlink()
    (grown.root / str(entry.shard)).unlink()
    (grown.root / str(entry.shard)).mkdir()
    problems = {damage.name: damage.problem for damage in verify(grown.storage).damages}
    assert problems == {entry.index: "missing", str(entry.shard): "cannot be read: Is a directory"}


def test_the_examples_that_are_damaged_are_named(grown: Grown) -> None:
    store = Store.open(grown.root)
    entry = store.generation.shards[-1]
    row = store.index(entry).to_pylist()[1]
    path = grown.root / str(entry.shard)
    content = bytearray(path.read_bytes())
    content[row["log_mel.offset"] + 3] ^= 4
    path.write_bytes(content)
    (damage,) = verify(grown.storage).damages
    assert damage.problem == f"its bytes are not those that were written (in {row['key']})"
    with pytest.raises(DamagedError, match=row["key"]):
        store.shard(entry).check(row)


def test_only_the_generation_that_is_asked_for_is_read(grown: Grown) -> None:
    only = only_in(grown, 1).index
    (grown.root / only).write_bytes(b"")
    assert damaged(grown) == []
    assert damaged(grown, number=1) == damaged(grown, everything=True) == [only]


def test_finished_work_that_no_generation_lists_is_read_as_well(grown: Grown) -> None:
    only = only_in(grown, 2).index
    for name in ("generations/00000002.json", "spare/generations/00000002.json"):
        (grown.root / name).unlink()
    (grown.root / only).write_bytes(b"")
    assert damaged(grown) == []
    assert damaged(grown, everything=True) == [only]


def test_a_shard_that_two_indexes_share_is_read_once(grown: Grown) -> None:
    entry = only_in(grown, 1)
    shared = replace(entry, index=f"{entry.index}.copy")
    (grown.root / shared.index).write_bytes((grown.root / entry.index).read_bytes())
    (grown.root / str(entry.shard)).write_bytes(b"")
    size, found = check(grown.storage, [Part(entry, None), Part(shared, None)])
    assert [damage.name for damage in found] == [entry.shard]
    assert size == 2 * (grown.root / entry.index).stat().st_size


def test_a_damaged_generation_is_reported_with_the_way_back(grown: Grown) -> None:
    (grown.root / "generations" / "00000002.json").write_bytes(b"{}")
    report = verify(grown.storage)
    assert report.generations == [1]
    assert "restores it from its spare" in str(report.damages[0])
    (grown.root / "spare/generations/00000002.json").unlink()
    assert f"wavemill rollback {grown.root} 1" in str(verify(grown.storage).damages[0])


def test_a_file_that_only_its_spare_remembers_is_missing(grown: Grown) -> None:
    (grown.root / "generations" / "00000002.json").unlink()
    assert [str(damage.problem) for damage in verify(grown.storage).damages] == ["missing"]


def test_a_receipt_of_another_task_is_damage_and_no_work_is_believed_on_its_word(grown: Grown) -> None:
    one, other = sorted((grown.root / "tasks").iterdir())[:2]
    one.write_bytes(other.read_bytes())
    assert damaged(grown) == [f"tasks/{one.name}"]
    assert find_receipt(grown.storage, one.stem) is None
    assert find_receipt(grown.storage, other.stem) is not None


def test_a_share_goes_round_all_shards(built: Grown) -> None:
    parts = parts_of(built.storage, [Store.open(built.root).generation])
    days = [due(parts, 0.25, date(2026, 5, 1).toordinal() + day) for day in range(4)]
    assert {part.entry.index for day in days for part in day} == {part.entry.index for part in parts}
    assert all(days)
    many = [Part(replace(parts[0].entry, index=f"index/{number}"), None) for number in range(500)]
    seen = [part.entry.index for seed in range(10) for part in due(many, 0.1, seed)]
    assert sorted(seen) == sorted(part.entry.index for part in many)
    assert due(many, 1.0, 3) == many


def test_the_command_says_what_is_damaged_and_exits_with_1(grown: Grown) -> None:
    run = CliRunner()
    assert run.invoke(cli, ["verify", str(grown.root), "--share", "50%"]).exit_code == 0
    name = Store.open(grown.root).generation.shards[0].index
    os.truncate(grown.root / name, 5)
    found = run.invoke(cli, ["verify", str(grown.root)])
    assert found.exit_code == 1
    assert found.stdout == (
        f"{name}: its bytes are not those that were written; wavemill repair {grown.root} makes it again\n"
    )
    assert run.invoke(cli, ["verify", str(grown.root), "--share", "half"]).exit_code == 2


def test_nothing_there_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no store here"):
        verify(LocalStorage(tmp_path))


def test_a_generation_of_another_version_is_no_damage(grown: Grown) -> None:
    path = grown.root / "generations" / "00000002.json"
    path.write_bytes(seal({"number": 2, "colour": "blue"}))
    with pytest.raises(ValueError, match="another version of wavemill"):
        Store.open(grown.root)
