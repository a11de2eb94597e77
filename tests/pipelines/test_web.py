"""A store below a web server: trained from, never built."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from manifests.errors import DamagedError, RemoteError, StoreError
from manifests.store import Store
from pipelines.build import build
from pipelines.ledger import read_ledger
from pipelines.verify import damages
from tests.pipelines.corpora import Tones, checksums
from training.loader import load


class Quiet(http.server.SimpleHTTPRequestHandler):
    asked: list[str]

    def log_message(self, *arguments: object) -> None:
        self.asked.append(self.path)


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def address(tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server of the test's folder; `asked` are the paths that it was asked for."""
    monkeypatch.setenv("WAVEMILL_CACHE", str(tmp_path / "cache"))
    handler = type("Handler", (Quiet,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_store_is_read_from_a_web_server(tmp_path: Path, address: str, asked: list[str]) -> None:
    tones = Tones(tmp_path, 12)
    build(tones.recipe(), "inline")
    remote = f"{address}/store"
    assert checksums(remote) == checksums(tones.store)
    assert read_ledger(Store.open(remote)).totals == read_ledger(Store.open(tones.store)).totals
    assert damages(Store.open(remote)) == []
    keys = [batch.keys for batch in load(tones.store, split="train", batch_size=4)]
    train = load(f"{remote}@1", split="train", batch_size=4)
    assert [batch.keys for batch in train] == keys
    asked.clear()
    list(train)
    assert asked == []
    with pytest.raises(StoreError, match=f"{remote}: no generation 7"):
        Store.open(f"{remote}@7")


def test_a_damaged_shard_is_refused(tmp_path: Path, address: str) -> None:
    tones = Tones(tmp_path, 12)
    build(tones.recipe(), "inline")
    store = Store.open(tones.store)
    path = tones.store / str(store.entries("train")[0].shard)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=f"{address}/store/shards/.*: its digest is not the one"):
        list(load(f"{address}/store", split="train", batch_size=4))


def test_nothing_is_built_there(tmp_path: Path, address: str) -> None:
    tones = Tones(tmp_path, 2)
    with pytest.raises(StoreError, match=f"{address}/store can only be read; build in a folder or on s3://"):
        build(tones.recipe(f"store.path={address}/store"), "inline")
    assert not tones.store.exists()


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(RemoteError, match=r"http://127\.0\.0\.1:9/store/generations: Cannot connect"):
        Store.open("http://127.0.0.1:9/store")
