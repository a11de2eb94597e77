"""The corpus that a test file describes."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The root of the miniature that the module of the test makes."""
    found: Path = request.module.miniature(tmp_path)
    return found
