"""Fixtures of more than one folder."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.s3 import Proxy, object_store

_buckets = count()


@pytest.fixture(scope="session")
def _object_store() -> Iterator[Proxy]:
    with object_store() as proxy:
        yield proxy


@pytest.fixture
def s3(_object_store: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Proxy:
    """An object store with an empty bucket, `proxy.bucket`; the environment leads there, and to an empty cache."""
    environment = {
        "AWS_ENDPOINT_URL": _object_store.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "WAVEMILL_CACHE": str(tmp_path / "cache"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("manifests.s3.FIRST_PAUSE_SECONDS", 0.01)
    _object_store.bucket = f"bucket-{next(_buckets)}"
    _object_store.put(f"/{_object_store.bucket}", b"")
    _object_store.fault = lambda method, path: None
    _object_store.asked.clear()
    _object_store.failed = 0
    return _object_store
