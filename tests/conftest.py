"""Fixtures of more than one folder."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.in_browser import CHROMIUM, Visits
from tests.s3 import Proxy, object_store

hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")  # how long an example takes is no verdict: other things run beside it

_buckets = count()


@pytest.fixture(scope="session")
def _object_store() -> Iterator[Proxy]:
    with object_store() as proxy:
        yield proxy


@pytest.fixture
def s3(_object_store: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Proxy:
    """An object store with an empty bucket, `proxy.bucket`; the environment leads there, and to an empty cache."""
    for name, value in _object_store.environment(tmp_path / "cache").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("manifests.s3.FIRST_PAUSE_SECONDS", 0.01)
    _object_store.bucket = f"bucket-{next(_buckets)}"
    _object_store.send("PUT", f"/{_object_store.bucket}")
    _object_store.fault = lambda method, path: None
    _object_store.asked.clear()
    _object_store.faults.clear()
    return _object_store


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium; tests of pages are skipped where it is not there."""
    playwright = pytest.importorskip("playwright.sync_api")
    pytest.importorskip("uvicorn")
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def visits(browser: Any) -> Iterator[Visits]:
    """Opens pages. At the end: no error was written, and nothing was asked of another server."""
    made = Visits(browser)
    yield made
    made.end()
