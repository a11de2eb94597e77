"""Stores on s3://, against moto's server over real HTTP, with what goes wrong between the two."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from manifests import s3 as client
from manifests.cache import Cache
from manifests.errors import DamagedError, ExistsError, RemoteError, StoreError
from manifests.object_storage import ObjectStorage
from manifests.storage import LocalStorage, Storage, file_digest, open_storage
from tests.s3 import FAULTS, Proxy


@pytest.fixture
def storage(s3: Proxy) -> Storage:
    return open_storage(f"s3://{s3.bucket}/stores/digits/")


def put_file(storage: Storage, name: str, *blocks: bytes) -> str:
    """Writes a new file block by block; its digest."""
    with storage.new_file("shards/new") as sink:
        for block in blocks:
            sink.write(block)
        sink.commit(name)
        return sink.digest


def test_an_object_store_does_what_a_folder_does(storage: Storage, tmp_path: Path) -> None:
    local: Storage = LocalStorage(tmp_path / "store")
    seen = []
    for place in (storage, local):
        place.put_if_absent("tasks/b.json", b"two")
        place.put_if_absent("tasks/a.json", b"one")
        place.put_if_absent("tasks/below/c.json", b"three")
        place.replace("README.md", b"old")
        place.replace("README.md", b"new")
        digest = put_file(place, "shards/x", b"some ", b"bytes")
        place.put_if_absent("tasks/gone.json", b"")
        place.delete("tasks/gone.json")
        place.delete("tasks/gone.json")
        with place.local("shards/x") as file:
            assert file.read_bytes() == b"some bytes"
        assert place.fetch("shards/x", digest).read_bytes() == b"some bytes"
        seen.append(
            (
                list(place.names("tasks")),
                list(place.names("nothing")),
                [(found.name, found.size) for found in place.listed("tasks")],
                [place.exists(name) for name in ("tasks/a.json", "tasks", "tasks/gone.json", "shards/x")],
                [place.read(name) for name in ("README.md", "tasks/a.json", "shards/x")],
            )
        )
        with pytest.raises(StoreError, match=r"index/x\.parquet is missing"):
            place.read("index/x.parquet")
        with pytest.raises(StoreError, match="no name inside a store"):
            place.read("../x")
    seen[1][3][1] = False  # a folder is a file that is there; object stores have no folders
    assert seen[0] == seen[1]


def test_what_is_listed_changes_with_its_content(storage: Storage) -> None:
    began = time.time()
    storage.replace("x/a", b"one")
    (before,) = storage.listed("x")
    storage.replace("x/a", b"two")
    (after,) = storage.listed("x")
    assert before.size == after.size
    assert before.identity != after.identity
    assert abs(after.modified - began) < 5


def test_a_name_is_taken_once(storage: Storage) -> None:
    storage.put_if_absent("generations/1.json", b"one")
    storage.put_if_absent("generations/1.json", b"one")
    with pytest.raises(ExistsError, match=r"s3://.*generations/1\.json is there already, with other content"):
        storage.put_if_absent("generations/1.json", b"two")
    put_file(storage, "shards/x", b"one")
    put_file(storage, "shards/x", b"one")
    with pytest.raises(ExistsError, match="other content"):
        put_file(storage, "shards/x", b"two")
    assert storage.read("generations/1.json") == storage.read("shards/x") == b"one"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("times", [1, 3])
def test_a_put_that_may_have_taken_effect_succeeds_once(storage: Storage, s3: Proxy, fault: str, times: int) -> None:
    s3.fail_once("PUT", fault, times)
    storage.put_if_absent("generations/1.json", b"one")
    assert s3.failed == times
    assert len(s3.asked) > times  # aiohttp itself sends a request again when a connection that it kept was closed
    s3.fail_once("PUT", fault, times)
    with pytest.raises(ExistsError):
        storage.put_if_absent("generations/1.json", b"two")
    s3.fail_once("PUT", fault, times)
    put_file(storage, "shards/x", b"a shard")
    assert storage.read("generations/1.json") == b"one"
    assert storage.read("shards/x") == b"a shard"


def test_silence_is_a_failure(storage: Storage, s3: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "READ_SECONDS", 0.5)
    for method in ("PUT", "GET"):
        s3.fail_once(method, "silence")
        storage.put_if_absent("x", b"one")
        assert storage.read("x") == b"one"
        assert s3.failed == 1
        s3.faults.clear()


def test_reading_survives_what_goes_wrong(storage: Storage, s3: Proxy) -> None:
    for number in range(20):
        storage.put_if_absent(f"x/{number:02}", b"%d" % number)
    s3.fail_some(0.3, seed=1)
    for _ in range(3):
        assert list(storage.names("x")) == [f"x/{number:02}" for number in range(20)]
        assert [storage.read(f"x/{number:02}") for number in range(20)] == [b"%d" % number for number in range(20)]
        assert storage.exists("x/00")
        assert not storage.exists("x/20")
    assert s3.failed > 10


def test_a_store_that_keeps_failing_is_an_error_that_names_the_object(storage: Storage, s3: Proxy) -> None:
    s3.fault = lambda method, path: "error-503"
    with pytest.raises(RemoteError, match=r"s3://bucket-\d+/stores/digits/x: SlowDown: injected \(attempt 8\)"):
        storage.read("x")
    assert len(s3.asked) == client.ATTEMPTS


def test_a_missing_bucket_is_said_at_once(s3: Proxy) -> None:
    for ask in (lambda storage: storage.read("x"), lambda storage: list(storage.names("x"))):
        s3.asked.clear()
        with pytest.raises(RemoteError, match="NoSuchBucket"):
            ask(open_storage("s3://there-is-none/x"))
        assert len(s3.asked) == 1


def test_a_listing_goes_on_after_its_first_page(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        storage.put_if_absent(f"x/{number}", b"")
    monkeypatch.setattr(client, "PAGE", 2)
    assert list(storage.names("x")) == [f"x/{number}" for number in range(5)]
    assert storage.requests.list == 3


def test_requests_and_bytes_are_counted(storage: Storage, s3: Proxy) -> None:
    storage.put_if_absent("x/a", b"12345")
    storage.read("x/a")
    storage.exists("x/a")
    list(storage.names("x"))
    storage.delete("x/a")
    assert storage.requests.to_json() == {
        "get": 1,
        "put": 1,
        "list": 1,
        "head": 1,
        "delete": 1,
        "received_bytes": 5,
        "sent_bytes": 5,
    }
    assert len(s3.asked) == 5


def test_other_schemes_are_refused(tmp_path: Path) -> None:
    for scheme in ("gs", "az", "ftp", "memory", "file"):
        with pytest.raises(StoreError, match=f"not on {scheme}://"):
            open_storage(f"{scheme}://somewhere/store")
    with pytest.raises(RemoteError, match="names no bucket"):
        open_storage("s3:///store")
    assert isinstance(open_storage(tmp_path), LocalStorage)


def test_without_the_extra_an_error_names_it() -> None:
    code = """
import sys
sys.modules["s3fs"] = None
from manifests.errors import RemoteError
from manifests.storage import open_storage
try:
    open_storage("s3://bucket/store")
except RemoteError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "addresses on s3:// need the extra s3: pip install 'wavemill[s3]'"


def test_a_folder_needs_nothing_of_it() -> None:
    code = "import sys, manifests.store; manifests.storage.open_storage('x'); print('s3fs' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_of_many_writers_of_a_name_one_succeeds(s3: Proxy) -> None:
    s3.fail_some(0.2, seed=3)
    for attempt in range(5):

        def write(number: int, name: str = f"generations/{attempt}.json") -> bool:
            storage = open_storage(f"s3://{s3.bucket}/store")
            try:
                storage.put_if_absent(name, b"%d" % number)
            except ExistsError:
                return False
            return storage.read(name) == b"%d" % number

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(write, range(8))) == [False] * 7 + [True]
    assert s3.failed > 5


def test_what_was_fetched_is_fetched_once(storage: Storage, s3: Proxy) -> None:
    digest = put_file(storage, "shards/x", b"a shard")
    s3.asked.clear()
    first = storage.fetch("shards/x", digest)
    assert [method for method, _ in s3.asked] == ["GET"]
    assert open_storage(storage.root).fetch("shards/x", digest) == first
    assert len(s3.asked) == 1


def test_a_damaged_file_is_fetched_again(storage: Storage, s3: Proxy) -> None:
    digest = put_file(storage, "shards/x", b"a shard")
    file = storage.fetch("shards/x", digest)
    for damage in (b"a shart", b"", b"a shard and more"):
        file.write_bytes(damage)
        s3.asked.clear()
        assert storage.fetch("shards/x", digest).read_bytes() == b"a shard"
        assert len(s3.asked) == 1


def test_a_damaged_object_is_refused(storage: Storage) -> None:
    digest = put_file(storage, "shards/x", b"a shard")
    storage.replace("shards/x", b"a shart")
    with pytest.raises(DamagedError, match=r"s3://.*shards/x: its digest is not the one that was committed"):
        storage.fetch("shards/x", digest)
    with storage.local("shards/x") as there:
        assert there.read_bytes() == b"a shart"


def test_what_was_used_longest_ago_goes_first(s3: Proxy, tmp_path: Path) -> None:
    storage = ObjectStorage(f"s3://{s3.bucket}", cache=Cache(tmp_path / "small", limit=25))
    digests = [put_file(storage, f"shards/{number}", b"0123456789"[number:] * 2) for number in range(3)]
    files = [storage.fetch(f"shards/{number}", digest) for number, digest in enumerate(digests[:1])]
    for age, file in enumerate(files):
        os.utime(file, (0, age))
    newest = storage.fetch("shards/1", digests[1])
    assert not files[0].exists()
    assert newest.exists()
    third = storage.fetch("shards/2", digests[2])
    assert newest.exists(), "what was asked for just now may not be open yet"
    assert file_digest(third) == digests[2]


def test_the_cache_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WAVEMILL_CACHE", "WAVEMILL_CACHE_BYTES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Cache.of_environment().folder == tmp_path / "wavemill"
    monkeypatch.setenv("WAVEMILL_CACHE", str(tmp_path / "mine"))
    monkeypatch.setenv("WAVEMILL_CACHE_BYTES", "1000")
    assert (Cache.of_environment().folder, Cache.of_environment().limit) == (tmp_path / "mine", 1000)
    monkeypatch.setenv("WAVEMILL_CACHE_BYTES", "much")
    with pytest.raises(StoreError, match="WAVEMILL_CACHE_BYTES is 'much'"):
        Cache.of_environment()
