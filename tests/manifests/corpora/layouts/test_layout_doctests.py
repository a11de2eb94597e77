"""The examples in docstrings of layouts, paths and marks."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["corpora.paths", "corpora.layouts.kaldi", "marks.mark"])
def test_examples_hold(name: str) -> None:
    found = doctest.testmod(import_module(f"manifests.{name}"))
    assert found.attempted
    assert not found.failed
