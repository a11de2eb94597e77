"""report.html in a store: when it is written, what it says, and what becomes of it afterwards."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from manifests import generation
from manifests.storage import LocalStorage
from manifests.store import Store
from pipelines.build import build
from pipelines.commands.reporting import report as command
from pipelines.errors import GateError
from pipelines.forget import find, finish, forget
from pipelines.gc import collect
from pipelines.history import publish, rollback
from pipelines.ledger import read_ledger
from pipelines.report import writing
from pipelines.report.spread import CLIPS
from pipelines.report.survey import survey
from pipelines.verify import verify
from tests.factories import tone, write_audio
from tests.pipelines.corpora import Tones
from tests.pipelines.remote import Remote
from tests.pipelines.report.parsing import Parsed, leaves
from tests.s3 import Proxy
from tests.stores import LOG_MEL, examples, write_store

EVIL = "<script>alert(1)<script>"


def read(store: Path) -> Parsed:
    return Parsed((store / writing.NAME).read_text("utf-8"))


def about(store: Path) -> str:
    (found,) = (one for one in read(store).all("meta") if one.attributes.get("name") == "wavemill-report")
    return found.attributes["content"]


def verdict(page: Parsed) -> str:
    (found,) = (one for one in page.all("p") if "verdict" in one.attributes.get("class", ""))
    return found.text


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_counts_of_a_build_are_those_of_its_ledger(grown):
    grown.build("store.shard_bytes=25000")
    page, store = read(grown.root), Store.open(grown.root)
    assert leaves(page) == []
    ledger = read_ledger(store)
    header, *rows = page.rows("counts")
    assert header == ["split", "recordings", "produced", "filtered", "rejected", "examples", "hours"]
    assert {row[0]: [*map(number, row[2:5])] for row in rows} == {
        split: [counts["produced"], counts["filtered"], counts["rejected"]] for split, counts in ledger.counts.items()
    }
    for _, recordings, *fates, _, _ in rows:
        assert number(recordings) == sum(map(number, fates))
    total = sum(number(row[1]) for row in rows)
    assert f"{total}recordings\n=" in page.section("counts").text
    why, *others = page.rows("left-out")
    assert why == ["why", "fate", "by", "recordings", "such as"]
    assert [row[4] for row in others] == ["tones/high/broken.wav"]


def test_it_plays_a_dozen_of_train_first_and_the_same_ones_again(grown):
    grown.build()
    page = read(grown.root)
    keys = [one.attributes["aria-label"] for one in page.all("audio")]
    found = survey(Store.open(grown.root))
    expected = [one.row["key"] for name in ("train", "test") for one in found.splits[name].sample][:CLIPS]
    assert len(keys) == CLIPS
    assert keys == expected
    assert all(one.attributes["src"].startswith("data:audio/flac;base64,") for one in page.all("audio"))
    assert [one.attributes["alt"] for one in page.all("img")] == [f"Spectrogram of {key}" for key in keys]


def test_script_in_keys_labels_and_texts_stays_text(tmp_path):
    tones = Tones(tmp_path, 8)
    tones.write(tones.root / f"{EVIL[1:-1]}&'" / "<img src=x onerror=alert(2)>.wav", tone(0.2))
    (tones.root / "high" / "<b>broken.wav").write_bytes(b"none")
    build(tones.recipe(f'description="{EVIL}"'), "inline")
    page = read(tones.store)
    assert leaves(page) == []
    assert not page.all("b") or all(one.text.replace(",", "").isdigit() for one in page.all("b"))
    assert any("<img src=x onerror=alert(2)>.wav" in one.attributes["aria-label"] for one in page.all("audio"))
    assert "<b>broken.wav" in page.section("left-out").text
    assert EVIL in page.all("header")[0].text


def test_a_candidate_has_one_until_the_store_has_another_generation(tmp_path):
    tones = Tones(tmp_path, 6, tail="gates: {max_rejected: 1%, max_dropped: 50%}\n")
    build(tones.recipe(), "inline")
    assert about(tones.store) == generation.name_of(1)
    assert [row[2] for row in read(tones.store).rows("gates")[1:]] == ["passed", "passed"]
    (tones.root / "high" / "empty.wav").write_bytes(b"")
    with pytest.raises(GateError) as refused:
        build(tones.recipe(), "inline")
    assert about(tones.store) == refused.value.candidate == generation.candidates(LocalStorage(tones.store))[0]
    page = read(tones.store)
    assert verdict(page) == "Refused by a gate: readers do not see this build."
    assert page.rows("gates")[1][2:] == ["refused", "1 of 7 recordings were rejected (14.29%, 1.00% allowed)"]
    assert page.rows("changes")[1] == ["recordings", "6", "7", "+1"]
    publish(LocalStorage(tones.store))
    assert about(tones.store) == generation.name_of(2)
    assert read(tones.store).rows("gates")[1][2] == "refused, and published all the same"
    rollback(LocalStorage(tones.store))
    assert about(tones.store) == generation.name_of(3)


def test_a_build_that_changes_nothing_leaves_it_alone_and_writes_one_that_is_missing(tmp_path):
    tones = Tones(tmp_path, 8)
    build(tones.recipe(), "inline")
    place = tones.store / writing.NAME
    place.write_bytes(place.read_bytes() + b"<!-- seen -->")
    build(tones.recipe(), "inline")
    assert place.read_bytes().endswith(b"<!-- seen -->")
    place.unlink()
    build(tones.recipe(), "inline")
    assert about(tones.store) == generation.name_of(1)


def test_shards_do_not_know_of_it(grown):
    before = grown.digests()
    (grown.root / writing.NAME).unlink()
    grown.build()
    assert grown.digests() == before
    assert (grown.root / writing.NAME).exists()


def test_gc_keeps_it_and_verify_has_nothing_against_it(grown):
    content = (grown.root / writing.NAME).read_bytes()
    collect(grown.storage, keep=1, keep_days=0, older_than=0)
    assert (grown.root / writing.NAME).read_bytes() == content
    assert verify(grown.storage, everything=True).damages == []


def test_what_is_forgotten_is_not_in_it(grown):
    place = grown.root / writing.NAME
    key = read(grown.root).all("audio")[0].attributes["aria-label"]
    with grown.lock() as storage:
        forget(storage, find(storage, f"key == '{key}'"))
        assert not place.exists()
        writing.write_report(storage, generation.name_of(2))
        assert key not in place.read_text("utf-8")


def test_one_written_before_a_crash_of_forget_goes_when_that_is_completed(grown, monkeypatch):
    place = grown.root / writing.NAME
    with grown.lock() as storage, monkeypatch.context() as patch:
        patch.setattr("pipelines.forget.finish", lambda *given: None)  # it dies behind the list
        forget(storage, find(storage, "key == 'tones/low/0003.wav'"))
    writing.write_report(grown.storage, generation.name_of(2))
    assert place.exists()
    finish(grown.storage)
    assert not place.exists()


def test_what_goes_wrong_is_logged_and_the_build_stands(tmp_path, monkeypatch, caplog):
    tones = Tones(tmp_path, 8)
    monkeypatch.setattr(writing, "store_page", lambda *given: 1 / 0)
    with caplog.at_level(logging.WARNING):
        assert build(tones.recipe(), "inline").generation == 1
    assert f"{tones.store}: report.html cannot be written: ZeroDivisionError: division by zero" in caplog.text
    assert not (tones.store / writing.NAME).exists()


def test_its_size_does_not_grow_with_the_recordings(tmp_path):
    sizes = []
    for count in (60, 1200):
        store = Store.open(write_store(tmp_path / str(count), {"train": examples(count)}, (LOG_MEL,), per_shard=100))
        page = writing.report(store, generation.name_of(1))
        assert len(Parsed(page).all("tr")) < 60
        sizes.append(len(page))
    assert sizes[1] < 1.2 * sizes[0]


def run(*arguments: object) -> dict[str, object]:
    result = CliRunner().invoke(command, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_the_command_writes_any_generation_again(grown, tmp_path):
    expected = read(grown.root).rows("counts")
    (grown.root / writing.NAME).unlink()
    assert run(grown.root) == {
        "report": f"{grown.root}/report.html",
        "generation": 2,
        "bytes": (grown.root / writing.NAME).stat().st_size,
    }
    assert read(grown.root).rows("counts") == expected
    run(f"{grown.root}@1", "--out", tmp_path / "first.html")
    first = Parsed((tmp_path / "first.html").read_text("utf-8"))
    assert verdict(first) == "Built: not the current generation, which is 2."
    assert "This is the first generation." in first.section("changes").text
    run(f"{grown.root}@1")
    assert about(grown.root) == generation.name_of(1)
    grown.build()
    assert about(grown.root) == generation.name_of(2), "the next build knows that it is of another one"


def test_on_an_object_store_no_shard_is_fetched_for_it(tmp_path, s3: Proxy):
    remote = Remote(Tones(tmp_path, 6), s3)
    build(remote.recipe(), "inline")
    assert remote.asked("GET", "stores/tones/shards/") == []
    assert len(remote.asked("PUT", "stores/tones/report.html")) == 1
    page = Parsed(Store.open(remote.store).storage.read(writing.NAME).decode())
    assert page.all("audio") == []
    assert "wavemill report takes them" in page.section("levels").text
    run(remote.store, "--out", tmp_path / "with_sound.html")
    assert len(Parsed((tmp_path / "with_sound.html").read_text("utf-8")).all("audio")) == 6


def test_a_report_of_many_labels_stays_short(tmp_path):
    tones = Tones(tmp_path, 2)
    for label in range(30):
        write_audio(tones.root / f"class{label:02}" / "a.wav", tone(0.1))
    shutil.rmtree(tones.root / "high")
    build(tones.recipe(), "inline")
    _, *rows = read(tones.store).rows("labels")
    assert len(rows) == 20
    assert "And 11 other values." in read(tones.store).section("labels").text


def test_the_speed_of_an_old_build_is_that_of_its_own_note(grown, monkeypatch):
    monkeypatch.setattr(writing, "BUILDS", 1)
    page = Parsed(writing.report(Store.open(f"{grown.root}@1"), generation.name_of(1)))
    assert [one.tag for one in page.section("throughput").below if one.tag == "svg"] == ["svg"]
    assert [row[2] for row in page.rows("throughput")[1:]] == ["2", "1"]
