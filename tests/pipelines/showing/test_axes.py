"""Axes have round numbers, at the right places."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipelines.showing
from features.showing.raster import features_image
from pipelines.showing import axes

MODULES = [name for _, name, _ in pkgutil.iter_modules(pipelines.showing.__path__, "pipelines.showing.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(1, 30))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_ticks_are_few_and_within(low: float, span: float, most: int) -> None:
    found = axes.even(low, low + span, most)
    assert len(found) <= most
    slack = 1e-6 * span + 1e-9 * abs(low)
    assert all(low - slack <= tick <= low + span + slack for tick in found)


@pytest.mark.parametrize("bins", [9, 32, 33, 80, 129, 201, 1025])
@pytest.mark.parametrize("rows", [4, 16, 20])
def test_a_label_stands_where_the_bin_is_drawn(bins: int, rows: int) -> None:
    for lit in {0, 1, bins // 3, bins - 2, bins - 1}:
        frames = np.zeros((1, bins))
        frames[0, lit] = 1
        image = features_image(frames, 1, 2 * rows, 0.0, 1.0)[:, 0].astype(int).sum(axis=-1)
        drawn = {pixel // 2 for pixel in np.flatnonzero(image == image.max())}
        labels = axes.beside(rows, np.arange(bins, dtype=float), [float(lit)], str)
        assert [bool(label) for label in labels].count(True) == 1
        assert labels.index(str(float(lit))) in drawn


def test_labels_do_not_touch() -> None:
    labels = axes.beside(6, np.arange(12.0), [11.0, 10.0, 9.0, 8.0, 7.0, 0.0], "{:g}".format)
    assert labels == ["11", "", "7", "", "", "0"]


@pytest.mark.parametrize("columns", [1, 3, 11, 40, 200])
@pytest.mark.parametrize("seconds", [0.0, 0.003, 1.0, 59.7, 36_000.0])
def test_times_stand_below_their_place(columns: int, seconds: float) -> None:
    line, words = axes.below(columns, seconds)
    assert len(line) == columns
    assert len(words) <= columns
    found = [index for index, letter in enumerate(line) if letter == "┬"]
    for place, word in zip(found, words.split(" s")[:-1], strict=True):
        assert words.startswith(f"{word.strip()} s", place)
        assert seconds == 0 or place == min(int(float(word) / seconds * columns + 1e-6), columns - 1)
