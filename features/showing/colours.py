"""Colours: the colour map of every picture that is drawn here, a table of 256.

It is a path through CIE L*a*b* (CIE 15:2004, section 8.2.1): lightness L* rises in equal steps, so that equal steps of
a value are equal steps of brightness, also in grey print and for whoever does not tell red from green; the hue turns
from violet over red to yellow, and the chroma is greatest half-way, as far as sRGB (IEC 61966-2-1, D65) reaches.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZE = 256
DARKEST, LIGHTEST = 2.0, 96.0  # L*, of 0 to 100
FIRST_HUE, LAST_HUE = 285.0, 455.0  # degrees; the last is 95, yellow
CHROMA = 54.0
MISSING = (0, 150, 136)
"""The colour of what is no number: a green that the table does not have."""

_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65, as X, Y, Z
_TO_RGB = np.array(
    [[3.2404542, -1.5371385, -0.4985314], [-0.969266, 1.8760108, 0.041556], [0.0556434, -0.2040259, 1.0572252]]
)


@lru_cache(maxsize=1)
def table() -> NDArray[np.uint8]:
    """The 256 colours from the lowest value to the highest, uint8 of shape (256, 3): red, green, blue.

    >>> table().shape, table()[0].tolist(), table()[-1].tolist()
    ((256, 3), [7, 7, 7], [243, 243, 243])
    """
    place = np.linspace(0.0, 1.0, SIZE)
    hue = np.deg2rad(FIRST_HUE + (LAST_HUE - FIRST_HUE) * place)
    chroma = CHROMA * np.sin(np.pi * place)
    lab = np.stack([DARKEST + (LIGHTEST - DARKEST) * place, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1)
    colours = np.rint(255 * _srgb(lab)).astype(np.uint8)
    colours.flags.writeable = False
    return colours


def map(values: NDArray[Any]) -> NDArray[np.uint8]:
    """The colours of values from 0 to 1, uint8 of shape (.., 3); what lies outside is held to the ends of the table.

    >>> map(np.float32([0.0, 1.0, 2.0])).tolist() == table()[[0, 255, 255]].tolist()
    True
    """
    numbers = np.asarray(values, np.float32)
    missing = np.isnan(numbers)
    places = np.rint(np.clip(np.where(missing, 0, numbers), 0, 1) * (SIZE - 1)).astype(np.uint8)
    colours: NDArray[np.uint8] = table()[places]
    colours[missing] = MISSING
    return colours


def _srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """L*a*b* as red, green and blue from 0 to 1, (.., 3)."""
    height = (lab[..., 0] + 16) / 116
    steps = np.stack([height + lab[..., 1] / 500, height, height - lab[..., 2] / 200], axis=-1)
    knee = 6 / 29
    linear = (np.where(steps > knee, steps**3, 3 * knee**2 * (steps - 4 / 29)) * _WHITE) @ _TO_RGB.T
    linear = np.clip(linear, 0, 1)
    curved: NDArray[np.float64] = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return curved
