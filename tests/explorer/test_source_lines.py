"""The lines of a stage beside its picture are those of its class."""

from __future__ import annotations

import inspect

import pytest

from explorer.source_lines import source_lines
from features import manual
from features.catalog import stage_class


@pytest.mark.parametrize("name", [name for group in manual.contents().values() for name in group])
def test_they_are_the_lines_that_inspect_finds(name):
    made = stage_class(name)
    lines, first = inspect.getsourcelines(made)
    found = source_lines(made)
    assert (found["first"], found["lines"]) == (first, [line.rstrip("\n") for line in lines])
    assert found["file"].startswith("features/")
