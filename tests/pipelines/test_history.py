"""Publish, rollback and tags: what readers see changes in one step, and never under a reader's hands."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from manifests.generation import candidates, numbers
from manifests.store import Store
from pipelines.errors import GateError, LockedError
from pipelines.gc import collect
from pipelines.history import publish, rollback, tag, tags, untag
from pipelines.verify import verify
from tests.pipelines.corpora import Tones, checksums
from tests.pipelines.crashes import killed_at
from tests.pipelines.grown import COUNT, GROWN, Grown, read_all
from wavemill import cli


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """A store of one generation with a candidate that a gate refused."""
    tones = Tones(tmp_path_factory.mktemp("refused"), 8)
    made = Grown(tones, tones.store)
    made.build()
    (tones.root / "high" / "empty.wav").write_bytes(b"")
    os.utime(tones.root / "high" / "empty.wav", (1, 1))
    tones.tail = "gates: {max_rejected: 1%}\n"
    with pytest.raises(GateError, match=rf"wavemill publish {made.root} [0-9a-f]{{8}} accepts what was built"):
        made.build()
    return made


def test_a_refused_build_is_published_without_building_again(refused: Grown, tmp_path: Path) -> None:
    grown, reader = refused.copied(tmp_path), Store.open(refused.root)
    assert Store.open(grown.root).generation.count("rejected") == 0
    made = publish(grown.storage)
    assert (made.number, made.parent, made.count("rejected")) == (2, 1, 1)
    assert made.reason.startswith("published, though gates.max_rejected: 1 of 9 recordings were rejected")
    assert Store.open(grown.root).generation == made
    assert candidates(grown.storage) == []
    assert verify(grown.storage, everything=True).damages == []
    assert len(read_all(reader)) == 8
    assert "generation 2" in (grown.root / "README.md").read_text("utf-8")
    again = grown.build()
    assert (again.generation, again.shards_built) == (2, 0)


def test_building_again_leaves_one_candidate(refused: Grown, tmp_path: Path) -> None:
    grown = refused.copied(tmp_path)
    with pytest.raises(GateError):
        grown.build()
    assert len(candidates(grown.storage)) == 1


def test_a_first_build_that_is_refused_is_published_too(tmp_path: Path) -> None:
    tones = Tones(tmp_path, 8, tail="gates: {max_rejected: 1%}\n")
    (tones.root / "high" / "empty.wav").write_bytes(b"")
    grown = Grown(tones, tones.store)
    with pytest.raises(GateError):
        grown.build()
    done = CliRunner().invoke(cli, ["publish", str(grown.root), "--json"])
    assert done.exit_code == 0
    assert Store.open(grown.root).generation.number == 1


def test_a_candidate_of_an_older_state_is_refused(refused: Grown, tmp_path: Path) -> None:
    grown = refused.copied(tmp_path)
    grown.tones.tail = ""
    grown.build()
    with pytest.raises(ValueError, match="built upon generation 1, and the store is at generation 2"):
        publish(grown.storage)


@pytest.mark.parametrize(("name", "words"), [(None, "0 candidates"), ("12345678", "no candidate '12345678'")])
def test_without_a_candidate_there_is_nothing_to_publish(grown: Grown, name: str | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        publish(grown.storage, name)


def test_a_rollback_repeats_an_older_generation_and_disturbs_no_reader(grown: Grown) -> None:
    readers = [Store.open(f"{grown.root}@{number}") for number in (1, 2)]
    contents = [checksums(Path(f"{grown.root}@{number}")) for number in (1, 2)]
    before = grown.digests()
    made = rollback(grown.storage)
    assert (made.number, made.parent, made.reason) == (3, 2, "rolled back to generation 1")
    assert replace(made, number=1, parent=None, reason="built", created="") == replace(
        readers[0].generation, created=""
    )
    assert checksums(grown.root) == contents[0]
    assert [read_all(reader) for reader in readers] == contents
    assert {name: content for name, content in grown.digests().items() if name in before} == before
    assert "generation 3" in (grown.root / "README.md").read_text("utf-8")
    assert grown.build().decoded == 0
    assert checksums(grown.root) == contents[1]
    assert len(contents[0]) == COUNT
    assert len(contents[1]) == GROWN


def test_a_rollback_brings_back_the_recipe(grown: Grown) -> None:
    text = (grown.root / "recipe.yaml").read_text("utf-8")
    grown.build("stages[2].log_mel.n_mels=40")
    assert "n_mels: 40" in (grown.root / "recipe.yaml").read_text("utf-8")
    assert rollback(grown.storage, 2).chain[-1]["log_mel"]["n_mels"] == 32
    assert (grown.root / "recipe.yaml").read_text("utf-8") == text


def test_a_generation_whose_files_are_gone_is_not_rolled_back_to(grown: Grown) -> None:
    (grown.root / Store.open(f"{grown.root}@1").generation.shards[0].index).unlink()
    with pytest.raises(ValueError, match="generation 1 names files that are gone"):
        rollback(grown.storage, 1)
    with pytest.raises(ValueError, match="generation 2 is the current one"):
        rollback(grown.storage, 2)
    with pytest.raises(ValueError, match="no generation 7"):
        rollback(grown.storage, 7)
    assert numbers(grown.storage) == [1, 2]


def test_the_first_generation_has_none_before_it(refused: Grown) -> None:
    with pytest.raises(ValueError, match="no sound generation before"):
        rollback(refused.storage)


def test_tags_name_generations_and_do_not_move(grown: Grown) -> None:
    assert tag(grown.storage, "paper-1", 1) == 1
    assert tag(grown.storage, "now") == 2
    assert tags(grown.storage) == {"now": 2, "paper-1": 1}
    with pytest.raises(ValueError, match="stands for generation 1"):
        tag(grown.storage, "paper-1", 2)
    with pytest.raises(ValueError, match="letters, digits"):
        tag(grown.storage, "../up")
    run = CliRunner()
    assert run.invoke(cli, ["tag", str(grown.root)]).stdout == "now  generation 2\npaper-1  generation 1\n"
    untag(grown.storage, "now")
    assert tags(grown.storage) == {"paper-1": 1}
    with pytest.raises(ValueError, match="no tag 'now'"):
        untag(grown.storage, "now")
    (grown.root / "tags" / "paper-1.json").write_bytes(b"{}")
    assert [damage.name for damage in verify(grown.storage).damages] == ["tags/paper-1.json"]
    with pytest.raises(ValueError, match="digest"):
        collect(grown.storage, keep=1, keep_days=0)


@pytest.mark.parametrize("operation", [rollback, lambda storage: tag(storage, "kept", 1)])
def test_a_crash_at_any_moment_leaves_a_usable_store(grown: Grown, operation: object) -> None:
    before = checksums(grown.root)
    change = 1
    while killed_at(change, lambda: operation(grown.storage)):
        assert verify(grown.storage, everything=True).damages == []
        assert checksums(grown.root) in (before, checksums(Path(f"{grown.root}@1")))
        change += 1
    assert change > 2
    assert verify(grown.storage, everything=True).damages == []
    assert grown.build().decoded == 0
    assert checksums(grown.root) == before


def test_a_crash_while_publishing_leaves_a_usable_store(refused: Grown, tmp_path: Path) -> None:
    change = 1
    while killed_at(change, lambda: publish(grown.storage)) if (grown := refused.copied(tmp_path / str(change))) else 0:
        assert verify(grown.storage, everything=True).damages == []
        assert len(checksums(grown.root)) == 8
        change += 1
    assert change > 3


@pytest.mark.parametrize("command", ["repair", "publish", "rollback", "tag", "gc", "forget"])
def test_one_at_a_time(grown: Grown, command: str) -> None:
    with grown.lock():
        found = CliRunner().invoke(cli, [command, str(grown.root)])
    assert isinstance(found.exception, LockedError)
    assert found.exception.exit_code == 11
    assert CliRunner().invoke(cli, [command, str(grown.root / "elsewhere")]).exception
    assert not (grown.root / "elsewhere").exists()
