"""The colour map, held against CIE's formulas written out the other way: from sRGB back to lightness and chroma."""

from __future__ import annotations

import numpy as np

from features.showing import colours
from tests.features.showing.cielab import lab


def test_lightness_rises_in_equal_steps() -> None:
    light = lab(colours.table())[:, 0]
    wanted = np.linspace(colours.DARKEST, colours.LIGHTEST, 256)
    assert np.abs(light - wanted).max() < 0.45  # rounding to whole numbers
    assert (np.diff(light) > 0).all()


def test_every_colour_is_one_that_screens_have() -> None:
    _, a, b = lab(colours.table()).T
    wanted = colours.CHROMA * np.sin(np.pi * np.linspace(0, 1, 256))
    assert np.abs(np.hypot(a, b) - wanted).max() < 1.5  # nothing was cut off at the edge of sRGB


def test_neighbours_differ_by_about_the_same_everywhere() -> None:
    points = lab(colours.table())[::8]
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert steps.max() < 2.5 * steps.min()


def test_values_become_colours() -> None:
    values = np.array([[0.0, 0.5, 1.0], [-3.0, 7.0, np.nan]], np.float32)
    found = colours.map(values)
    assert found.shape == (2, 3, 3)
    assert found.dtype == np.uint8
    assert np.array_equal(found[0], colours.table()[[0, 128, 255]])
    assert np.array_equal(found[1, :2], colours.table()[[0, 255]])
    assert tuple(found[1, 2]) == colours.MISSING
    assert colours.MISSING not in {tuple(colour) for colour in colours.table().tolist()}
    assert np.array_equal(colours.map(np.array([np.inf, -np.inf])), colours.table()[[255, 0]])


def test_the_table_cannot_be_changed() -> None:
    assert not colours.table().flags.writeable
    colours.map(np.zeros(3))[0] = 9  # what was asked for is one's own
