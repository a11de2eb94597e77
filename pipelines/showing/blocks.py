"""Blocks: a picture in characters. An upper half block has two pixels, the letter's colour above the background's.

Colours are those of ECMA-48 as extended by xterm: 24 bits, or the palette of 256, of which 16 to 231 are a cube of six
levels and 232 to 255 are greys. Without colours, five shades stand for two pixels each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Depth = Literal["true", "256", "none"]

RESET = "\x1b[0m"
_HALF = "▀"
_HALVES = " ▄▀█"
_SHADES = " ░▒▓█"
_LEVELS = (0, 95, 135, 175, 215, 255)
_CUBE = [(red, green, blue) for red in _LEVELS for green in _LEVELS for blue in _LEVELS]
_PALETTE = np.array([*_CUBE, *((8 + 10 * step,) * 3 for step in range(24))], np.int32)
_FIRST = 16
_BRIGHTNESS = np.array([0.2126, 0.7152, 0.0722])  # of red, green and blue (ITU-R BT.709)
_WEIGHT = 6  # of brightness beside colour: with as much, what is brighter in the picture is never darker in 256 colours


def colour_depth(environment: Mapping[str, str]) -> Depth:
    """Which colours a terminal has, by what it says of itself; none where NO_COLOR is set (https://no-color.org).

    >>> colour_depth({"TERM": "xterm-256color"}), colour_depth({"COLORTERM": "truecolor", "NO_COLOR": "1"})
    ('256', 'none')
    """
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return "none"
    return "true" if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit") else "256"


def lines(image: NDArray[np.uint8], depth: Depth) -> list[str]:
    """A picture, uint8 of shape (2 x rows, columns, 3), as rows of as many characters as it has columns.

    >>> lines(np.uint8([[[255, 0, 0]], [[0, 0, 255]]]), "true")
    ['\\x1b[38;2;255;0;0m\\x1b[48;2;0;0;255m▀\\x1b[0m']
    """
    if depth == "none":
        return _grey(image)
    names = _named(image, depth)
    return [_row(*pair) for pair in zip(names[0::2], names[1::2], strict=True)]


def _grey(image: NDArray[np.uint8]) -> list[str]:
    """Shades; where a picture has two colours only, as a waveform has, half blocks of the brighter one."""
    bright = (image / 255) @ _BRIGHTNESS
    upper, lower = bright[0::2], bright[1::2]
    if len(np.unique(bright)) <= 2:
        bar = (bright.min() + bright.max()) / 2 if bright.min() < bright.max() else 0.5
        return ["".join(_HALVES[lit] for lit in row) for row in 2 * (upper > bar) + (lower > bar)]
    shades = np.rint((upper + lower) / 2 * (len(_SHADES) - 1)).astype(int)
    return ["".join(_SHADES[shade] for shade in row) for row in shades]


def _row(upper: list[str], lower: list[str]) -> str:
    """A row of half blocks; a colour is said again only where it changes."""
    said, parts = ("", ""), []
    for above, below in zip(upper, lower, strict=True):
        if above != said[0]:
            parts.append(f"\x1b[38;{above}m")
        if below != said[1]:
            parts.append(f"\x1b[48;{below}m")
        parts.append(_HALF)
        said = above, below
    return "".join(parts) + RESET


def _named(image: NDArray[np.uint8], depth: Depth) -> list[list[str]]:
    """Each pixel's colour as the terminal wants it."""
    height, width = image.shape[:2]
    known, places = np.unique(image.reshape(-1, 3), axis=0, return_inverse=True)
    if depth == "true":
        names = [f"2;{red};{green};{blue}" for red, green, blue in known.tolist()]
    else:
        away = known[:, np.newaxis].astype(np.float64) - _PALETTE
        distances = (away**2).sum(axis=-1) + _WEIGHT * (away @ _BRIGHTNESS) ** 2
        names = [f"5;{_FIRST + nearest}" for nearest in distances.argmin(axis=1).tolist()]
    return [[names[place] for place in row] for row in places.reshape(height, width).tolist()]
