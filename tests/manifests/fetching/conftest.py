"""A server with files, and downloads that do not wait before they try again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.manifests.fetching.heard import Heard
from tests.manifests.fetching.server import Shelf, serving


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("manifests.fetching.download.PAUSES_SECONDS", (0.0,) * 4)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with serving(Shelf()) as shelf:
        yield shelf


@pytest.fixture
def heard() -> Heard:
    return Heard()
