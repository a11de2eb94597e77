"""Corpora and stores on s3://, with requests that fail: the same content and shards as on local disk."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from manifests.errors import DamagedError
from manifests.store import Store
from pipelines import executor, lease
from pipelines.build import build
from pipelines.errors import LockedError, RecipeError
from pipelines.scan import scan
from pipelines.verify import damages
from tests.chaos.s3 import lives
from tests.pipelines.corpora import Tones, checksums, fates
from tests.pipelines.in_process import InProcess
from tests.pipelines.remote import Remote
from tests.s3 import FAULTS, Proxy
from training.loader import load

COUNT = 24
NOISE = "  - add_noise: {from: tones, snr_db: {uniform: [0, 20]}, act_on: all}\n"


@pytest.fixture
def remote(tmp_path: Path, s3: Proxy) -> Remote:
    return Remote(Tones(tmp_path, COUNT), s3)


def note_of(store: str, run: str) -> dict[str, Any]:
    note: dict[str, Any] = json.loads(Store.open(store).storage.read(run))
    return note


def test_failing_requests_change_nothing(tmp_path: Path, s3: Proxy) -> None:
    tones = Tones(tmp_path, COUNT, more=NOISE)
    remote = Remote(tones, s3)
    build(tones.recipe(), "inline")
    s3.fail_some(0.1, seed=2)
    made = build(remote.recipe(), "inline")
    s3.fault = lambda method, path: None
    assert s3.failed >= 5
    assert (made.recordings, made.produced, made.decoded) == (COUNT, COUNT, COUNT)
    assert tones.digests(remote.store) == tones.digests(), "the same shard files under the same names"
    assert checksums(remote.store) == checksums(tones.store)
    assert fates(remote.store) == fates(tones.store)
    assert list(damages(Store.open(remote.store))) == []


def test_a_life_there_is_that_in_a_folder(s3: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds, growth, verify, repair, rollback, tag, gc and forget, while a tenth of the requests fails."""
    monkeypatch.setattr(executor, "Supervisor", InProcess)
    assert lives(s3, 1, 0.1, seed=3).total() == 10
    assert s3.failed >= 50
    assert set(s3.faults) == set(FAULTS)


def test_a_build_from_there_opens_each_object_once_and_plans_by_the_listing(remote: Remote) -> None:
    made = build(remote.recipe(), "inline")
    assert sorted(remote.asked("GET", "corpus/")) == sorted(set(remote.asked("GET", "corpus/")))
    assert len(remote.asked("GET", "corpus/")) == COUNT
    assert remote.asked("HEAD", "corpus/") == []
    storage = note_of(remote.store, made.run)["storage"]
    shards = Store.open(remote.store).generation.shards
    assert storage["get"] >= COUNT
    assert storage["put"] >= 3 * len(shards) + 2  # shard, index, receipt; the note of the run and the generation
    assert storage["list"] >= 2
    corpus_bytes = sum(path.stat().st_size for path in remote.tones.root.rglob("*.wav"))
    assert storage["received_bytes"] >= corpus_bytes
    assert storage["sent_bytes"] >= sum(entry.shard_bytes for entry in shards)
    remote.s3.asked.clear()
    again = build(remote.recipe(), "inline")
    assert (again.generation, again.decoded, again.shards_built) == (1, 0, 0)
    assert remote.asked("GET", "corpus/") == remote.asked("HEAD", "corpus/") == []


def test_what_stages_draw_from_is_not_read_again_to_plan(tmp_path: Path, s3: Proxy) -> None:
    remote = Remote(Tones(tmp_path, 6, more=NOISE), s3)
    build(remote.recipe(), "inline")
    s3.asked.clear()
    assert build(remote.recipe(), "inline").shards_built == 0
    assert remote.asked("GET", "corpus/") == []
    remote.upload(remote.tones.add(3, seconds=0.5))
    assert build(remote.recipe(), "inline").decoded == 6, "another noise for everybody"
    build(remote.tones.recipe(), "inline")
    assert remote.tones.digests(remote.store) == remote.tones.digests()


def test_a_store_there_is_a_source(remote: Remote) -> None:
    build(remote.tones.recipe(), "inline")
    remote.copy_store()
    derived, entry = f"s3://{remote.s3.bucket}/derived", f"corpora.tones={{reader: store, root: {remote.store}}}"
    remote.s3.asked.clear()
    made = build(remote.tones.recipe(entry, "split={from: corpus}", f"store.path={derived}"), "inline")
    assert (made.produced, made.decoded) == (COUNT, COUNT)
    assert len(remote.asked("GET", "stores/tones/shards/")) == COUNT, "one range for each recording"
    local = f"corpora.tones={{reader: store, root: {remote.tones.store}}}"
    second = remote.tones.folder / "second"
    build(remote.tones.recipe(local, "split={from: corpus}", f"store.path={second}"), "inline")
    assert checksums(derived) == checksums(second)


def test_what_changes_there_is_built_again(remote: Remote) -> None:
    build(remote.recipe(), "inline")
    remote.upload(remote.tones.add(3, seconds=0.5))
    remote.upload(remote.tones.add(5))  # as it was: the same ETag
    remote.upload(remote.tones.add(100))
    made = build(remote.recipe(), "inline")
    assert (made.generation, made.recordings, made.decoded) == (2, COUNT + 1, 2)
    build(remote.tones.recipe(), "inline")
    assert checksums(remote.store) == checksums(remote.tones.store)


def test_a_killed_build_goes_on(remote: Remote) -> None:
    remote.recipe()
    command = [sys.executable, "-m", "wavemill", "build", str(remote.tones.folder / "recipe.yaml")]
    command += ["--set", f"corpora.tones.root={remote.root}", "--out", remote.store, "--cluster", "inline"]
    running = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    while not remote.asked("PUT", "stores/tones/tasks/") and running.poll() is None:
        pass
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    made = build(remote.recipe(), "inline")
    assert made.shards_kept >= 1
    assert made.decoded < COUNT
    build(remote.tones.recipe(), "inline")
    assert remote.tones.digests(remote.store) == remote.tones.digests()


def test_of_two_builds_one_commits(remote: Remote, caplog: pytest.LogCaptureFixture) -> None:
    def meanwhile(plan: object) -> Any:
        remote.recipe()
        with caplog.at_level(logging.WARNING):
            build(remote.recipe(), "inline")
        return lambda result: None

    with pytest.raises(LockedError, match=r"another build committed generation 1 at .* \(runs/.*\.json\)") as caught:
        build(remote.recipe(), "inline", watch=meanwhile)
    assert caught.value.exit_code == 11
    assert f"{remote.store} is being built by process {os.getpid()} on " in caplog.text
    opened = Store.open(remote.store)
    assert opened.generation.number == 1
    assert list(damages(opened)) == []
    assert build(remote.recipe(), "inline").shards_built == 0
    assert not opened.storage.exists(lease.NAME)


@pytest.mark.parametrize("workers", [0, 2])
def test_training_reads_from_there_and_then_from_the_cache(remote: Remote, workers: int) -> None:
    build(remote.tones.recipe(), "inline")
    remote.copy_store()
    wanted = {"split": "train", "batch_size": 4, "arrays": ["log_mel"], "workers": workers}
    expected, train = load(remote.tones.store, **wanted), load(remote.store, **wanted)
    for epoch in range(2):
        remote.s3.asked.clear()
        for ours, theirs in zip(train, expected, strict=True):
            assert ours.keys == theirs.keys
            np.testing.assert_array_equal(ours.arrays["log_mel"], theirs.arrays["log_mel"])
        asked = remote.asked("GET", "stores/tones/shards/") + remote.asked("GET", "stores/tones/index/")
        assert len(asked) == (len(set(asked)) if epoch == 0 else 0)
        assert epoch or asked, "each shard and each index is fetched once, whatever the workers"


def test_a_damaged_file_of_the_cache_is_fetched_again_and_a_damaged_shard_refused(remote: Remote) -> None:
    build(remote.tones.recipe(), "inline")
    remote.copy_store()
    wanted = {"split": "train", "batch_size": 4, "arrays": ["log_mel"]}
    keys = [batch.keys for batch in load(remote.store, **wanted)]
    for file in Path(os.environ["WAVEMILL_CACHE"]).iterdir():
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    remote.s3.asked.clear()
    assert [batch.keys for batch in load(remote.store, **wanted)] == keys
    assert len(remote.asked("GET", "stores/tones/shards/")) == 1
    opened = Store.open(remote.store)
    entry = opened.entries("train")[0]
    shard = bytearray(opened.storage.read(str(entry.shard)))
    row = next(row for row in opened.index(entry).to_pylist() if row["checksum"])
    shard[row["log_mel.offset"]] ^= 1
    opened.storage.replace(str(entry.shard), bytes(shard))
    assert [row["key"] in str(line) for line in damages(opened)] == [True]
    for file in Path(os.environ["WAVEMILL_CACHE"]).iterdir():
        file.unlink()
    with pytest.raises(DamagedError, match=f"{entry.shard}: its digest is not the one that was committed"):
        list(load(remote.store, **wanted))


@pytest.mark.parametrize("name", ["labels.csv", "labels.csv.gz", "labels.parquet"])
def test_a_table_there_is_read_as_one_in_a_folder(remote: Remote, name: str) -> None:
    paths = sorted(path.relative_to(remote.tones.root).as_posix() for path in remote.tones.root.rglob("*.wav"))[::-1]
    kinds, table = [path.partition("/")[0] for path in paths], remote.tones.root / name
    text = "path,kind\n" + "".join(f"{path},{kind}\n" for path, kind in zip(paths, kinds, strict=True))
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"path": paths, "kind": kinds}), table)
    else:
        table.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    remote.upload(table)
    entry = "corpora.tones={{reader: table, root: {root}, path: {name}, labels: [kind]}}"
    here = list(scan(remote.tones.recipe(entry.format(root=remote.tones.root, name=name))))
    there = list(scan(remote.recipe(entry.format(root=remote.root, name=name))))
    assert [row.recording for row in there] == [row.recording for row in here]
    assert [row.size for row in there] == [row.size for row in here]
    assert there[0].identity == f'"{hashlib.md5((remote.tones.root / paths[0]).read_bytes()).hexdigest()}"'
    assert remote.asked("HEAD", "corpus/") == []
    assert set(remote.asked("GET", "corpus/")) == {f"/{remote.s3.bucket}/corpus/{name}"}


def test_what_is_not_there_is_said(remote: Remote) -> None:
    with pytest.raises(RecipeError, match=rf"nothing lies below s3://{remote.s3.bucket}/nowhere"):
        remote.recipe(f"corpora.tones.root=s3://{remote.s3.bucket}/nowhere")
    with pytest.raises(RecipeError, match="NoSuchBucket"):
        remote.recipe("corpora.tones.root=s3://no-such-bucket/corpus")
    with pytest.raises(RecipeError, match="corpora lie in folders or on s3://, not on gs://"):
        remote.recipe("corpora.tones.root=gs://bucket/corpus")
    with pytest.raises(RecipeError, match="the reader huggingface reads folders only"):
        remote.recipe(f"corpora.tones={{reader: huggingface, root: {remote.root}}}")
