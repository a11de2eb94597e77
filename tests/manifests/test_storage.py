"""Files appear whole under their names, or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from manifests.errors import ExistsError, FullError, StoreError
from manifests.storage import LocalStorage, file_digest


def test_what_was_put_is_there_and_is_put_once(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.put_if_absent("a/b.json", b"one")
    storage.put_if_absent("a/b.json", b"one")
    with pytest.raises(ExistsError, match=r"b\.json is there already"):
        storage.put_if_absent("a/b.json", b"two")
    assert storage.read("a/b.json") == b"one"
    assert list(storage.names("a")) == ["a/b.json"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.json"]


def test_a_file_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    with suppress(RuntimeError), storage.new_file("shards/new") as sink:
        sink.write(b"half")
        raise RuntimeError
    assert list((tmp_path / "shards").iterdir()) == []


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    with storage.new_file("x") as sink:
        sink.write(b"some ")
        sink.write(memoryview(b"bytes"))
        sink.commit("x")
        assert (sink.size, sink.digest) == (10, file_digest(tmp_path / "x"))


def test_a_view_may_be_replaced(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    for content in (b"one", b"two"):
        storage.replace("README.md", content)
    assert storage.read("README.md") == b"two"


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside", "shards/../../outside"])
def test_names_stay_inside(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="no name inside a store"):
        LocalStorage(tmp_path).read(name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"index/x\.parquet is missing"):
        LocalStorage(tmp_path).read("index/x.parquet")


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """Also where what is held for writing cannot be written when the file is given up."""
    storage = LocalStorage(tmp_path)
    with storage.new_file("shards/new") as file:
        file.sink.close()
        file.sink = open("/dev/full", "w+b")  # noqa: SIM115, closed by the context
        file.write(b"held in memory")
        with pytest.raises(FullError, match=rf"^{tmp_path}/shards: No space left on device: free some space there"):
            file.commit("shards/a")
    assert list((tmp_path / "shards").iterdir()) == []


def test_other_failures_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "shards").write_bytes(b"in the way")
    with pytest.raises(FileExistsError):
        LocalStorage(tmp_path).new_file("shards/new")
