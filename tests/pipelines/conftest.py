"""Stores that many tests look at are built once; who changes one takes a copy."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.pipelines.grown import Build, Grown, grow


@pytest.fixture(scope="session")
def build_grown(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Gives the store of a format; it must not be changed."""
    return cache(lambda format: grow(tmp_path_factory.mktemp(f"grown-{format}"), format))


@pytest.fixture
def built(build_grown: Build) -> Grown:
    """An Arrow store, which must not be changed."""
    return build_grown("arrow")


@pytest.fixture
def grown(built: Grown, tmp_path: Path) -> Grown:
    """A copy of an Arrow store."""
    return built.copied(tmp_path)


@pytest.fixture(params=["arrow", "tar"])
def either(request: pytest.FixtureRequest, build_grown: Build, tmp_path: Path) -> Grown:
    """A copy of a store, of each format."""
    return build_grown(request.param).copied(tmp_path)
