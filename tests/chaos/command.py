"""The command line of a build, as the chaos modules start it."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.pipelines.grown import SMALL_SHARDS


def build_command(recipe: Path, store: Path, *options: str) -> list[str]:
    """A real build of a recipe into a store, in small shards."""
    build = ["-m", "wavemill", "build", str(recipe), "--out", str(store), "--set", SMALL_SHARDS]
    return [sys.executable, *build, *options]
