"""Stores of recordings with others beside them, noisy and clean: what is in them, and how they follow each file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from manifests.errors import CorpusError
from manifests.files import LocalFiles
from manifests.store import Store
from pipelines.build import build, planning
from pipelines.errors import RecipeError
from pipelines.forget import find, forget
from pipelines.recipe import Recipe
from pipelines.recipe_file import load_recipe
from pipelines.repair import repair
from pipelines.scan import scan
from pipelines.sources import Sources
from pipelines.trying import walks
from pipelines.verify import verify
from tests.factories import tone, write_audio, write_lines
from tests.pipelines.corpora import checksums, fates
from tests.pipelines.in_process import in_process

RECIPE = """\
name: pairs
corpora:
  pairs: {{reader: table, root: "{root}", path: pairs.csv, beside: {{clean: clean_path}}}}
source: [pairs]
split: {{by: key, test: 0.3, seed: 1}}
stages:
  - decode: {{also: [clean]}}
  - resample: {{sample_rate: 4000, as: noisy}}
  - resample: {{sample_rate: 4000, of: clean}}
store: {{path: "{store}", keep: {{audio: flac, noisy: flac, clean: float32}}}}
"""
COUNT = 12


class Pairs:
    """Noisy and clean tones, each of its own pitch, named by a table; the last is a span of longer files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.store = folder, folder / "corpus", folder / "store"
        lines = ["path,clean_path,start,end"]
        for number in range(COUNT):
            for kind, hz in (("noisy", 1000), ("clean", 300)):
                self.write(f"{kind}/{number}.wav", tone(0.2 + 0.01 * number, hz=hz + 17 * number))
            lines.append(f"noisy/{number}.wav,clean/{number}.wav," + ("0.05,0.15" if number == COUNT - 1 else ","))
        write_lines(self.root / "pairs.csv", *lines)

    def write(self, name: str, samples: NDArray[np.float32]) -> None:
        """Audio that was not modified just now, which a build would read again."""
        path = write_audio(self.root / name, samples)
        os.utime(path, (1_700_000_000, 1_700_000_000))

    def recipe(self, *overrides: str) -> Recipe:
        text = RECIPE.format(root=self.root, store=self.store)
        return load_recipe(write_lines(self.folder / "recipe.yaml", text), overrides)

    def digests(self) -> dict[str, str]:
        return {str(entry.shard): entry.shard_digest for entry in Store.open(self.store).generation.shards}

    def rows(self) -> Iterator[tuple[dict[str, Any], dict[str, NDArray[Any]]]]:
        """Each index row of what was produced, with its arrays."""
        store = Store.open(self.store)
        for entry in store.generation.shards:
            for row in store.index(entry).to_pylist():
                if row["fate"] == "produced":
                    yield row, {name: store.shard(entry).read(row, name) for name in ("audio", "noisy", "clean")}


@pytest.fixture
def pairs(tmp_path: Path) -> Iterator[Pairs]:
    with in_process():
        yield Pairs(tmp_path)


def test_both_are_kept_and_go_together(pairs: Pairs) -> None:
    made = build(pairs.recipe("stages=[{decode: {also: [clean]}}]", "store.keep={audio: flac, clean: flac}"), "inline")
    assert (made.recordings, made.produced, made.decoded) == (COUNT, COUNT, COUNT)
    store = Store.open(pairs.store)
    for entry in store.generation.shards:
        for row in store.index(entry).to_pylist():
            number = row["key"].partition(".wav")[0].rpartition("/")[2]
            span = slice(400, 1200) if "@" in row["key"] else slice(None)
            for array, kind in (("audio", "noisy"), ("clean", "clean")):
                samples, _ = soundfile.read(pairs.root / kind / f"{number}.wav", dtype="int16")
                assert np.array_equal(store.shard(entry).read(row, array)[:, 0], samples[span])
            paths = [f"{kind}/{number}.wav" for kind in ("noisy", "clean")]
            assert row["path"] == ", ".join(paths)
            assert row["size"] == sum(os.path.getsize(pairs.root / path) for path in paths)
            assert row["identity"].split() == ["1700000000000000000"] * 2
            assert json.loads(row["notes"])["decode"]["beside"]["clean"]["path"] == paths[1]
    assert (
        build(pairs.recipe("stages=[{decode: {also: [clean]}}]", "store.keep={audio: flac, clean: flac}")).decoded == 0
    )


def test_stages_act_on_each_by_its_name(pairs: Pairs) -> None:
    build(pairs.recipe(), "inline")
    for row, arrays in pairs.rows():
        lengths = {name: len(array) for name, array in arrays.items()}
        assert lengths["noisy"] == lengths["clean"] == lengths["audio"] // 2
        strongest = {n: np.argmax(np.abs(np.fft.rfft(arrays[n][:, 0]))) * 4000 / lengths[n] for n in ("noisy", "clean")}
        number = int(row["key"].partition(".wav")[0].rpartition("/")[2])
        bin_hz = 4000 / lengths["noisy"]
        assert strongest["noisy"] == pytest.approx(1000 + 17 * number, abs=bin_hz)
        assert strongest["clean"] == pytest.approx(300 + 17 * number, abs=bin_hz)


def test_workers_build_the_same_shards(tmp_path: Path) -> None:
    pairs = Pairs(tmp_path)
    with in_process():
        build(pairs.recipe(), "inline")
    build(pairs.recipe(f"store.path={tmp_path}/other"), "inline", 2)
    assert checksums(pairs.store) == checksums(tmp_path / "other")


@pytest.mark.parametrize("change", ["changed", "touched"])
@pytest.mark.parametrize("kind", ["noisy", "clean"])
def test_either_file_makes_it_another_recording(pairs: Pairs, kind: str, change: str) -> None:
    build(pairs.recipe(), "inline")
    before, digests = checksums(pairs.store), pairs.digests()
    if change == "changed":
        pairs.write(f"{kind}/4.wav", tone(0.25, hz=1900))
    else:
        os.utime(pairs.root / f"{kind}/4.wav", (1, 1))
    with planning(pairs.recipe()) as planned:
        assert [task.reason for task in planned.build] == ["1 recording changed"]
    made = build(pairs.recipe(), "inline")
    assert made.decoded == (change == "changed")
    after = checksums(pairs.store)
    changed = {key for key, _, _ in before if before[key, 0, 0] != after[key, 0, 0]}
    assert changed == ({"pairs/noisy/4.wav"} if change == "changed" else set())
    assert (pairs.digests() == digests) == (change == "touched")
    assert build(pairs.recipe(), "inline").shards_built == 0


def test_a_clean_file_that_does_not_fit_rejects_its_pair_alone(pairs: Pairs) -> None:
    pairs.write("clean/4.wav", tone(0.5))
    (pairs.root / "clean/5.wav").write_bytes(b"no audio")
    build(pairs.recipe("gates.max_rejected=100%"), "inline")
    reasons = {key: reason for key, (fate, _, reason) in fates(pairs.store).items() if fate == "rejected"}
    assert reasons.keys() == {"pairs/noisy/4.wav", "pairs/noisy/5.wav"}
    said = "clean beside it, clean/4.wav: 0.500 s, where the recording has 0.240"
    assert reasons["pairs/noisy/4.wav"] == said


def test_a_clean_file_that_is_gone_is_named_before_anything_is_built(pairs: Pairs) -> None:
    (pairs.root / "clean/4.wav").unlink()
    with pytest.raises(CorpusError, match=r"pairs.csv:6: clean/4.wav: No such file"):
        list(scan(pairs.recipe()))


def test_a_corpus_that_has_nothing_beside_says_so(pairs: Pairs) -> None:
    other = ("stages[0].decode.also=[noise]", "stages[2].resample.of=noise", "store.keep={noise: flac}")
    build(pairs.recipe(*other, "gates.max_rejected=100%"), "inline")
    assert {reason for _, _, reason in fates(pairs.store).values()} == {
        "there is no 'noise' beside it; there are clean"
    }


def test_one_name_needs_no_list(pairs: Pairs) -> None:
    assert pairs.recipe("stages[0].decode.also=clean").chain() == pairs.recipe().chain()
    with pytest.raises(RecipeError, match=r"stages\[0\]\.decode\.also: expected a list, got 3"):
        pairs.recipe("stages[0].decode.also=3")


def test_what_is_too_large_together_is_not_read(pairs: Pairs) -> None:
    pairs.write("clean/4.wav", tone(14.0))
    build(pairs.recipe("stages[0].decode.max_bytes=200000", "gates.max_rejected=100%"), "inline")
    size = sum(os.path.getsize(pairs.root / f"{kind}/4.wav") for kind in ("noisy", "clean"))
    fate, stage, reason = fates(pairs.store)["pairs/noisy/4.wav"]
    assert (fate, stage) == ("rejected", "decode")
    assert reason == f"{size:,} bytes are more than max_bytes allows (200,000)"


def test_plan_counts_the_bytes_of_both_and_the_seconds_of_one(pairs: Pairs) -> None:
    with planning(pairs.recipe()) as planned:
        cost = sum((task.cost for task in planned.build), start=type(planned.build[0].cost)())
    whole = [os.path.getsize(pairs.root / f"noisy/{number}.wav") for number in range(COUNT - 1)]
    assert cost.seconds == pytest.approx(sum(whole) / 32_000 + 0.1, abs=1e-6)
    assert cost.read_bytes == pytest.approx(2 * sum(whole) + min(2 * 32_000 * 0.1, 4 * whole[-1]), abs=2 * COUNT)


def test_whoever_is_heard_clean_is_forgotten_with_the_pair(pairs: Pairs) -> None:
    build(pairs.recipe(), "inline")
    storage = Store.open(pairs.store).storage
    assert forget(storage, find(storage, "'clean/4.wav' in path")).keys == {"pairs/noisy/4.wav"}
    made = build(pairs.recipe(), "inline")
    assert (made.decoded, made.recordings) == (0, COUNT - 1)


def test_a_damaged_shard_is_repaired_to_the_byte(pairs: Pairs) -> None:
    build(pairs.recipe(), "inline")
    before, storage = pairs.digests(), Store.open(pairs.store).storage
    (pairs.store / next(iter(before))).unlink()
    assert repair(storage, workers=1).left == []
    assert pairs.digests() == before
    assert verify(storage, everything=True).damages == []


def test_spans_of_one_pair_of_long_files_read_each_once(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = [f"noisy/0.wav,clean/0.wav,{start / 100},{start / 100 + 0.05},train" for start in range(0, 15, 5)]
    write_lines(pairs.root / "pairs.csv", "path,clean_path,start,end,split", *spans)
    read: list[str] = []
    whole = LocalFiles.read
    monkeypatch.setattr(LocalFiles, "read", lambda self, path, *part: read.append(path) or whole(self, path, *part))
    sources = Sources({"pairs": str(pairs.root)})
    found = [sources.source("pairs", row.recording) for row in scan(pairs.recipe("split={from: corpus}"))]
    assert [(one.start, one.beside["clean"].start) for one in found] == [(0.0, 0.0), (0.05, 0.05), (0.1, 0.1)]
    assert sorted(read) == ["clean/0.wav", "noisy/0.wav"]


def test_a_first_look_takes_pairs_and_files_that_come_alone(pairs: Pairs) -> None:
    """A file of one's own stands for what would be beside it, so that the stages behind have something to act on."""
    (pair,) = walks(pairs.recipe(), None, 1)
    (own,) = walks(pairs.recipe(), str(pairs.root / "noisy/3.wav"), 1)
    same = []
    for walk in (pair, own):
        assert walk.result is not None
        same.append(np.array_equal(walk.result.audio("clean").samples, walk.result.audio("noisy").samples))
    assert same == [False, True]
