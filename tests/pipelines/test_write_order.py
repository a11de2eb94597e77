"""The order in which a build writes, seen by the kernel: a name only for what is on disk, a generation only at last.

A real build runs under strace. Every call that writes, syncs or names something in the store is read from its record.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from manifests.storage import TEMPORARY
from manifests.store import Store
from pipelines.receipts import receipts
from pipelines.task import receipt_name
from tests.pipelines.corpora import Tones

NAMES = {"link", "linkat", "rename", "renameat", "renameat2"}
SYNCS = {"fsync", "fdatasync"}
WRITES = {"write", "writev", "pwrite64", "pwritev", "ftruncate", "fallocate", "copy_file_range", "sendfile"}
FOLDERS = ("shards", "index", "tasks", "generations")
TRACE = ["strace", "-f", "-y", "-s", "0", "-e", "trace=" + ",".join(sorted(NAMES | SYNCS | WRITES | {"mkdir"}))]
STARTED = re.compile(r"(\d+) +(\w+)\((.*)")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
UNFINISHED = " <unfinished ...>"
ENDED = re.compile(r"(.*)\) += (-?\d+).*")


@dataclass(frozen=True)
class Call:
    """One system call that succeeded; `began` and `ended` are lines of the trace, `paths` what it names in order."""

    began: int
    ended: int
    name: str
    paths: tuple[str, ...]
    answer: int


@dataclass(frozen=True)
class Named:
    """The call that gave a file its name, and the one after which that is on disk."""

    name: Call
    folder: Call


def calls(trace: Path) -> Iterator[Call]:
    """The successful calls of a trace, in the order in which they ended; some stand there in two parts."""
    waiting: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(trace.read_text("utf-8").splitlines()):
        if found := RESUMED.fullmatch(line):
            began, text = waiting.pop(found[1])
            process, name, text = found[1], found[2], text + found[3]
        elif found := STARTED.fullmatch(line):
            began, (process, name, text) = number, found.groups()
        else:
            continue
        if text.endswith(UNFINISHED):
            waiting[process] = began, text.removesuffix(UNFINISHED)
        elif (done := ENDED.fullmatch(text)) and int(done[2]) >= 0:
            quoted, opened = re.findall(r'"([^"]*)"', done[1]), re.findall(r"\d+<([^>]*)>", done[1])
            paths = quoted if name in NAMES | {"mkdir"} else opened[:1]
            yield Call(began, number, name, tuple(paths), int(done[2]))


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Call]]:
    """A store that was built under strace, in a folder that was not there; and the calls that made it."""
    folder = tmp_path_factory.mktemp("traced")
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    if subprocess.run([*TRACE, "-o", str(folder / "trial"), "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace is not permitted here")
    recipe, store = Tones(folder, 24).recipe().path, folder / "new" / "store"
    build = [sys.executable, "-m", "wavemill", "build", str(recipe), "--cluster", "inline", "--out", str(store)]
    command = [*TRACE, "-o", str(folder / "trace"), *build, "--set", "store.shard_bytes=24000"]
    subprocess.run(command, check=True, capture_output=True)
    inside = str(folder)
    return store, [call for call in calls(folder / "trace") if any(path.startswith(inside) for path in call.paths)]


def synced(path: Path | str, calls: list[Call]) -> Call:
    """The first of some calls that put a file or a folder on disk."""
    found = [call for call in calls if call.name in SYNCS and call.paths == (str(path),)]
    assert found, f"{path} is never synced"
    return found[0]


def named(path: Path, made: list[Call]) -> Named:
    """How a file got its name; the assertion that all of it was on disk before."""
    (name,) = (call for call in made if call.name in NAMES and call.paths[-1] == str(path))
    temporary = name.paths[0]
    assert Path(temporary).name.startswith(TEMPORARY)
    writes = [call for call in made if call.name in WRITES and call.paths == (temporary,)]
    assert sum(call.answer for call in writes if call.name != "ftruncate") == path.stat().st_size, "all of its bytes"
    sync, folder = synced(temporary, made), synced(path.parent, [call for call in made if call.began > name.ended])
    assert max(call.ended for call in writes) < sync.began, f"{path} was written after it was synced"
    assert sync.ended < name.began, f"{path} got its name before its bytes were on disk"
    return Named(name, folder)


def test_every_file_is_on_disk_before_its_name_and_its_name_before_what_follows(
    traced: tuple[Path, list[Call]],
) -> None:
    store, made = traced
    paths = [path for folder in FOLDERS for path in (store / folder).iterdir()]
    assert len(paths) > len(FOLDERS)
    for path in paths:
        named(path, made)


def test_every_folder_is_on_disk_before_a_file_in_it_has_a_name(traced: tuple[Path, list[Call]]) -> None:
    store, made = traced
    folders = {Path(call.paths[0]): call for call in made if call.name == "mkdir"}
    assert {store.parent, store, *(store / folder for folder in FOLDERS)} <= folders.keys()
    for folder, call in folders.items():
        sync = synced(folder.parent, [after for after in made if after.began > call.ended])
        first = next(after for after in made if after.name in NAMES and after.paths[-1].startswith(f"{folder}/"))
        assert sync.ended < first.began, f"{folder} was not synced"


def test_shards_come_before_their_receipt_and_receipts_before_the_generation(
    traced: tuple[Path, list[Call]],
) -> None:
    store, made = traced
    current = Store.open(store)
    generation = named(store / "generations" / "00000001.json", made)
    entries = list(receipts(current.storage))
    assert {entry.task for entry in entries} == {entry.task for entry in current.generation.shards}
    for entry in entries:
        receipt = named(store / receipt_name(entry.task), made)
        for file in (entry.shard, entry.index):
            assert named(store / str(file), made).folder.ended < receipt.name.began, f"{file} after its receipt"
        assert receipt.folder.ended < generation.name.began, f"{entry.task} after the generation"
