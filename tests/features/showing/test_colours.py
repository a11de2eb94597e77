"""The colour map, held against CIE's formulas written out the other way: from sRGB back to lightness and chroma."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.showing import colours


def lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """L*a*b* of colours (.., 3): IEC 61966-2-1, then CIE 15:2004."""
    part = rgb / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    # the primaries of sRGB, (x, y), at the lightnesses that together make its white, D65
    primaries = np.array([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])
    xyz = np.stack([primaries[:, 0], primaries[:, 1], 1 - primaries.sum(axis=1)]) / primaries[:, 1]
    white = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
    part_of_white = (linear @ (xyz * np.linalg.solve(xyz, white)).T) / white
    root = np.where(part_of_white > (6 / 29) ** 3, np.cbrt(part_of_white), part_of_white * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


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
