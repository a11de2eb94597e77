"""Files appear whole under their names, or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from manifests.errors import ExistsError, StoreError
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
