"""Half blocks show the pixels that they are made of."""

from __future__ import annotations

import numpy as np
import pytest

from features.showing import colours
from pipelines.showing.blocks import _PALETTE, colour_depth, lines
from tests.features.showing.cielab import lab
from tests.pipelines.showing.screen import letters, pixels

NOISE = np.random.Generator(np.random.Philox(key=5)).integers(0, 256, (12, 17, 3), np.uint8)


def test_24_bits_are_the_very_pixels() -> None:
    found = lines(NOISE, "true")
    assert [letters(line) for line in found] == ["▀" * 17] * 6
    assert np.array_equal(pixels(found), NOISE)


def test_256_colours_keep_what_is_in_the_palette_and_come_near_to_the_rest() -> None:
    own = _PALETTE.astype(np.uint8).reshape(12, 20, 3)
    assert np.array_equal(pixels(lines(own, "256")), own)
    away = pixels(lines(NOISE, "256")).astype(int) - NOISE
    assert np.linalg.norm(away, axis=-1).max() < 95  # the longest step between two levels


def test_what_is_brighter_is_never_darker_in_256_colours() -> None:
    ramp = np.repeat(colours.table()[np.newaxis], 2, axis=0)
    assert (np.diff(lab(pixels(lines(ramp, "256"))[0])[:, 0]) > -0.01).all()


def test_the_palette_is_that_of_xterm() -> None:
    assert _PALETTE[16 - 16].tolist() == [0, 0, 0]
    assert _PALETTE[196 - 16].tolist() == [255, 0, 0]
    assert _PALETTE[67 - 16].tolist() == [95, 135, 175]
    assert _PALETTE[232 - 16].tolist() == [8, 8, 8]
    assert _PALETTE[255 - 16].tolist() == [238, 238, 238]
    assert len(_PALETTE) == 240


def test_a_colour_is_said_once() -> None:
    (line,) = lines(np.zeros((2, 100, 3), np.uint8), "true")
    assert line.count("\x1b[") == 3


def test_without_colours_brightness_is_shade() -> None:
    ramp = np.repeat(colours.table()[np.newaxis, ::51], 2, axis=0)
    (line,) = lines(ramp, "none")
    assert "\x1b" not in line
    assert list(line) == sorted(line, key=" ░▒▓█".index)
    assert (line[0], line[-1]) == (" ", "█")


def test_two_colours_without_colours_are_half_blocks() -> None:
    dark, light = colours.table()[[0, 200]]
    image = np.array([[dark, dark, light, light], [dark, light, dark, light]])
    assert lines(image, "none") == [" ▄▀█"]
    assert lines(np.array([[light], [light]]), "none") == ["█"]
    assert lines(np.array([[dark], [dark]]), "none") == [" "]


@pytest.mark.parametrize(
    ("environment", "depth"),
    [
        ({}, "256"),
        ({"COLORTERM": "24bit"}, "true"),
        ({"COLORTERM": "truecolor", "NO_COLOR": ""}, "true"),
        ({"COLORTERM": "truecolor", "NO_COLOR": "0"}, "none"),
        ({"TERM": "dumb"}, "none"),
    ],
)
def test_terminals_say_what_they_can_do(environment: dict[str, str], depth: str) -> None:
    assert colour_depth(environment) == depth
