"""The examples in the docstrings of metrics run, and give what they say."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import training.metrics

MODULES = [path.stem for path in sorted(Path(training.metrics.__file__).parent.glob("*.py")) if path.stem != "__init__"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str) -> None:
    assert doctest.testmod(import_module(f"training.metrics.{name}")).failed == 0
