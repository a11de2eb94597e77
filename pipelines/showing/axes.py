"""Axes: round numbers for the edges of a picture in characters, and where they go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

_ROUND = (1, 2, 5)


def even(low: float, high: float, most: int) -> list[float]:
    """At most so many multiples of 1, 2 or 5 times a power of ten, evenly spaced, from `low` to `high`.

    >>> even(0.0, 1.3, 4), even(0.0, 7.0, 2)
    ([0.0, 0.5, 1.0], [0.0, 5.0])
    """
    if not high > low or most < 1:
        return [low]
    exponent = floor(log10((high - low) / most))
    for step in (factor * 10.0**power for power in (exponent, exponent + 1, exponent + 2) for factor in _ROUND):
        first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
        if last - first < most:
            return [round(number * step, 12) for number in range(first, last + 1)]
    return [low]


def octaves(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between two frequencies, from the highest down.

    >>> octaves(60.0, 1500.0)
    [1000.0, 500.0, 200.0, 100.0]
    """
    powers = range(floor(log10(max(low, 1.0))), ceil(log10(max(high, 1.0))) + 1)
    found = [factor * 10.0**power for power in powers for factor in _ROUND]
    return sorted((hz for hz in found if low <= hz <= high), reverse=True)


def hertz(value: float) -> str:
    """A frequency in few letters.

    >>> hertz(500.0), hertz(12500.0)
    ('500 Hz', '12.5 kHz')
    """
    return f"{value / 1000:g} kHz" if value >= 1000 else f"{value:g} Hz"


def beside(rows: int, of_bins: NDArray[np.float64], ticks: Sequence[float], word: Callable[[float], str]) -> list[str]:
    """What stands beside each of so many rows, from the top, of a picture whose bins, from the bottom, have values.

    A tick goes to the row of the bin that is nearest to it; where two want one row, or rows that touch, the first has
    it. Each row has two pixels, whose bins are those of features.showing.raster.
    """
    labels, pixels, bins = [""] * rows, 2 * rows, len(of_bins)
    for tick in ticks:
        nearest = int(np.abs(of_bins - tick).argmin())
        last = ceil((nearest + 1) * pixels / bins) - 1
        first = min(ceil(nearest * pixels / bins), last)
        row = rows - 1 - (first + last) // 4
        if not any(labels[max(row - 1, 0) : row + 2]):
            labels[row] = word(tick)
    return labels


def below(columns: int, seconds: float) -> tuple[str, str]:
    """The line below a picture of so many columns and seconds, and the times that stand below it."""
    line, words = ["─"] * columns, [" "] * columns
    for tick in even(0.0, seconds, max(columns // 12, 1)):
        place = min(int(tick / seconds * columns), columns - 1) if seconds else 0
        word = f"{tick:g} s"
        if place + len(word) <= columns and not "".join(words[max(place - 1, 0) : place + len(word)]).strip():
            line[place] = "┬"
            words[place : place + len(word)] = word
    return "".join(line), "".join(words).rstrip()
