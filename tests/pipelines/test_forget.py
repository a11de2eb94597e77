"""What is forgotten is in no file of the store any more, stays out, and takes nothing else with it."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from manifests.generation import load
from manifests.store import Store
from pipelines.forget import Erased, find, finish, forget
from pipelines.forgotten import read_forgotten
from pipelines.verify import verify
from tests.pipelines.corpora import checksums, fates
from tests.pipelines.crashes import killed_at
from tests.pipelines.grown import GROWN, NOISE, Grown, grow, read_all
from tests.pipelines.test_gc import run_on
from wavemill import cli

WHERE = "path in ['high/0004.wav', 'low/0021.wav', 'high/broken.wav']"
KEYS = {"tones/high/0004.wav", "tones/low/0021.wav", "tones/high/broken.wav"}


def without(content: dict[tuple[str, int, int], str]) -> dict[tuple[str, int, int], str]:
    return {row: checksum for row, checksum in content.items() if row[0] not in KEYS}


def mentions(grown: Grown) -> list[str]:
    """The files that hold a key or a path of what was forgotten; recipe.yaml holds none of either."""
    names = re.compile(rb"high/0004|low/0021|high/broken")
    found = []
    for path in grown.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".parquet":
                content = json.dumps(pq.read_table(path).to_pylist()).encode()
            if names.search(content):
                found.append(str(path.relative_to(grown.root)))
    return found


def test_no_file_holds_what_was_forgotten_and_every_other_row_is_there(either: Grown) -> None:
    grown = either
    contents = [checksums(Path(f"{grown.root}@{number}")) for number in (1, 2)]
    (grown.root / "runs/20260101T000000Z-abcdef.json").write_text('{"error": "tones/high/0004.wav: broken"}')
    (grown.root / "damaged").mkdir()
    (grown.root / "damaged" / "x").write_text("tones/high/0004.wav")
    assert len(mentions(grown)) > 5
    made = forget(grown.storage, find(grown.storage, WHERE))
    assert made.keys == KEYS
    assert sorted(made.generations) == [1, 2]
    assert mentions(grown) == []
    assert json.loads((grown.root / "runs/20260101T000000Z-abcdef.json").read_text()) == {
        "error": "(forgotten): broken"
    }
    for number, content in enumerate(contents, 1):
        assert read_all(Store.open(f"{grown.root}@{number}")) == without(content)
    assert verify(grown.storage, everything=True).damages == []
    current = load(grown.storage)
    assert current.count("recordings") == current.count("produced") == GROWN - 2
    assert current.reason == "built; recordings were forgotten since"


def test_the_next_build_leaves_them_out_and_decodes_nothing(grown: Grown) -> None:
    forget(grown.storage, find(grown.storage, WHERE))
    content = checksums(grown.root)
    made = grown.build()
    assert (made.shards_built, made.decoded, made.generation) == (0, 0, 2)
    assert made.recordings == made.produced + made.filtered + made.rejected == GROWN - 2
    assert checksums(grown.root) == content
    grown.build("stages[2].log_mel.n_mels=40")
    assert not KEYS & set(fates(grown.root))


def test_they_stay_out_of_shards_that_are_built_from_scratch(built: Grown, tmp_path: Path) -> None:
    grown = built.corpus_too(tmp_path)
    forget(grown.storage, find(grown.storage, WHERE))
    for number in range(300, 303):
        grown.tones.add(number)
    assert grown.build().decoded == 3
    assert not KEYS & set(fates(grown.root))
    assert len(fates(grown.root)) == GROWN - 2 + 3


def test_files_of_a_clock_that_is_ahead_go_too(grown: Grown) -> None:
    for path in grown.root.rglob("*"):
        os.utime(path, (time.time() + 60, time.time() + 60))
    forget(grown.storage, find(grown.storage, WHERE))
    assert mentions(grown) == []


def test_a_list_says_nothing_but_to_whom_asks(grown: Grown) -> None:
    forget(grown.storage, find(grown.storage, "path == 'high/0004.wav'"))
    forgotten = read_forgotten(grown.storage)
    assert forgotten.done
    assert "tones/high/0004.wav" in forgotten
    assert "tones/high/0006.wav" not in forgotten
    forget(grown.storage, find(grown.storage, "path == 'high/0006.wav'"))
    assert {"tones/high/0004.wav", "tones/high/0006.wav"} == {
        key
        for key in (f"tones/high/{number:04}.wav" for number in range(GROWN))
        if key in read_forgotten(grown.storage)
    }
    (grown.root / "forgotten.json").unlink()
    assert [damage.problem for damage in verify(grown.storage).damages] == ["missing"]


def test_a_damaged_list_stops_builds_rather_than_bring_people_back(grown: Grown) -> None:
    forget(grown.storage, find(grown.storage, WHERE))
    (grown.root / "forgotten.json").write_bytes(b"{}")
    with pytest.raises(ValueError, match=r"forgotten\.json: its digest"):
        grown.build()


def test_where_must_select_something(grown: Grown) -> None:
    before = grown.digests()
    with pytest.raises(ValueError, match="no recording of any generation fulfils"):
        find(grown.storage, "speaker == 'theo'")
    with pytest.raises(ValueError, match="did you mean label"):
        find(grown.storage, "labell == 'high'")
    assert find(grown.storage, "label == 'high' and size > 4000").keys
    assert CliRunner().invoke(cli, ["forget", str(grown.root), "--where", WHERE, "--dry-run"]).stdout == (
        "tones/high/0004.wav\ntones/high/broken.wav\ntones/low/0021.wav\n"
    )
    assert grown.digests() == before


def test_runs_that_heard_them_are_listed(grown: Grown, tmp_path: Path) -> None:
    run_on(grown, tmp_path / "runs" / "second", 2)
    run_on(grown, tmp_path / "runs" / "gone", 7)
    other = run_on(grown, tmp_path / "runs" / "other", 2)
    facts = json.loads((other / "run.json").read_text()) | {"where": "label == 'low' and path != 'low/0021.wav'"}
    (other / "run.json").write_text(json.dumps(facts))
    command = ["forget", str(grown.root), "--where", WHERE, "--runs", str(tmp_path / "runs"), "--json"]
    told = json.loads(CliRunner().invoke(cli, command).stdout)
    assert told["recordings"] == 3
    assert told["runs"] == {
        str(tmp_path / "runs" / "gone"): "may have heard them: its generation 7 is gone",
        str(tmp_path / "runs" / "second"): "heard 2 of them, in generation 2",
    }


def test_readers_of_an_older_generation_go_on_with_what_was_not_forgotten(grown: Grown) -> None:
    store = Store.open(f"{grown.root}@1")
    opened = [(store.shard(entry), store.index(entry).to_pylist()) for entry in store.generation.shards]
    forget(grown.storage, find(grown.storage, WHERE))
    for reader, rows in opened:
        for row in rows:
            if row["fate"] == "produced":
                reader.check(row)
    assert read_all(Store.open(f"{grown.root}@1"))


def test_what_they_were_mixed_into_goes_and_is_made_anew(tmp_path: Path) -> None:
    grown = grow(tmp_path, more=NOISE, change=False, broken=False)
    store = Store.open(grown.root)
    rows = [row for entry in store.generation.shards for row in store.index(entry).to_pylist() if row["checksum"]]
    drawn = {row["key"]: json.loads(row["notes"])["add_noise"]["clip"] for row in rows}
    key = next(clip for clip in drawn.values() if clip not in {k for k, c in drawn.items() if c == clip})
    mixed = {found for found, clip in drawn.items() if clip == key} - {key}
    made = forget(grown.storage, find(grown.storage, f"key == '{key}'"))
    assert made.examples >= len(mixed) > 0
    assert set(fates(grown.root)) & {key, *mixed} == set()
    again = grown.build()
    assert again.recordings == GROWN - 1
    assert key not in fates(grown.root)
    assert mixed <= set(fates(grown.root))
    store = Store.open(grown.root)
    assert not [entry for entry in store.generation.shards if key in str(store.index(entry).to_pylist())]


def test_a_crash_at_any_moment_is_completed_by_doing_it_again(grown: Grown) -> None:
    content, change = checksums(grown.root), 1
    while killed_at(change, lambda: erased(grown)):
        assert verify(grown.storage, everything=True).damages == []
        assert read_all(Store.open(grown.root)) in (content, without(content))
        assert len(read_all(Store.open(f"{grown.root}@1"))) in (20, 19)
        change += 1
    assert change > 5
    assert finish(grown.storage) == Erased()
    assert mentions(grown) == []
    assert verify(grown.storage, everything=True).damages == []
    assert read_all(Store.open(grown.root)) == without(content)


def erased(grown: Grown) -> None:
    """What a person types, and what they type when it was interrupted."""
    if not read_forgotten(grown.storage).hashes:
        forget(grown.storage, find(grown.storage, WHERE))
    finish(grown.storage)


def test_a_build_completes_what_was_interrupted(grown: Grown) -> None:
    content = checksums(grown.root)
    assert killed_at(12, lambda: forget(grown.storage, find(grown.storage, WHERE)))
    assert not read_forgotten(grown.storage).done
    assert mentions(grown)
    assert grown.build().decoded == 0
    assert mentions(grown) == []
    assert checksums(grown.root) == without(content)
