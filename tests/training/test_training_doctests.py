"""The examples in the docstrings of training run, and give what they say. Those of metrics have a test of their own."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import training

ROOT = Path(training.__file__).parent
MODULES = [
    "training." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted(ROOT.rglob("*.py"))
    if path.parent.name != "metrics" and ">>>" in path.read_text("utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str) -> None:
    found = doctest.testmod(import_module(name))
    assert found.attempted
    assert not found.failed
