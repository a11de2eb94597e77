"""Terminal: the arrays of an example drawn in characters, as wide as the terminal, with seconds and Hz beside them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.example import Array, Audio, Example, Features, Tokens
from features.pictures import describe
from features.showing.drawing import FEW_BINS, draw, timing
from pipelines.showing import axes
from pipelines.showing.blocks import Depth, lines
from pipelines.showing.meanings import Meanings

MARGIN = 9
"""Letters to the left of a picture, the line included: as many as `12.5 kHz` takes."""
_MOST_ROWS, _LEAST_ROWS = 20, 4
_WAVE_ROWS = 6
_SOME_TOKENS = 400
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode's categories: controls, formats, half letters, ends of lines


def draw_example(example: Example, meanings: Meanings, width: int, depth: Depth, only: str | None) -> Iterator[str]:
    """The lines that show each array of an example, or `only` one; none is wider than `width`, from 20 on."""
    for name, value in example.arrays.items():
        if only in (None, name):
            yield from folded(plain(f"{describe(name, value)}{_span(value)}"), width)
            yield from draw_array(name, value, meanings, width, depth)


def draw_array(name: str, value: Array, meanings: Meanings, width: int, depth: Depth) -> list[str]:
    """An array as lines: a picture between its axes, or tokens as they are written."""
    length, rate = timing(value)
    if isinstance(value, Tokens) and rate is None:
        return _tokens(name, value, meanings, width)
    columns = max(width - MARGIN, 1)
    labels = _labels(name, value, meanings)
    picture = lines(draw(value, columns, 2 * len(labels)), depth)
    rows = [f"{label:>{MARGIN - 1}}{'┤' if label else '│'}{row}" for label, row in zip(labels, picture, strict=True)]
    line, words = axes.below(columns, length / rate if rate else 0.0)
    return [*rows, f"{'└':>{MARGIN}}{line}", " " * MARGIN + words]


def plain(text: Any) -> str:
    """Text without what a terminal would take for a command, or what turns the order of letters around.

    >>> plain("a\\x1b[31mb\\tc\\u202e")
    'a\\\\x1b[31mb\\\\tc\\\\u202e'
    """
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else letter
        for letter in str(text)
    )


def folded(text: str, width: int) -> list[str]:
    """Text in lines of at most so many columns, of which a Chinese letter takes two.

    >>> folded("one two 三四五", 7)
    ['one two', '三四五']
    """
    from rich.cells import cell_len, chop_cells

    found = [""]
    for word in (piece for piece in text.split(" ") for piece in chop_cells(piece, width) or [""]):
        longer = f"{found[-1]} {word}" if found[-1] else word
        if cell_len(longer) <= width:
            found[-1] = longer
        else:
            found.append(word)
    return found


def _span(value: Array) -> str:
    """The values that there are, in words."""
    numbers = value.array[np.isfinite(value.array)]
    return (
        f", from {numbers.min():.4g} to {numbers.max():.4g}" if numbers.size and not isinstance(value, Tokens) else ""
    )


def _limits(values: NDArray[Any]) -> tuple[float, float]:
    """The lowest and the highest number; 0 where there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _labels(name: str, value: Array, meanings: Meanings) -> list[str]:
    """What stands beside each row of a picture, as many as it has rows."""
    if isinstance(value, Audio):
        top = max(map(abs, _limits(value.samples)))
        return _bands([(-top, top)] * max(value.channels, 1))
    frames = value.frames if isinstance(value, Features) else value.ids[:, np.newaxis]
    bins = frames.shape[1]
    if bins <= FEW_BINS:
        return _bands([_limits(column) for column in frames.T])
    rows = int(np.clip(-(-bins // 2), _LEAST_ROWS, _MOST_ROWS))
    hertz = meanings.hertz(name, value) if isinstance(value, Features) else None
    if hertz is not None:
        return axes.beside(rows, hertz, axes.octaves(hertz[0], hertz[-1]), axes.hertz)
    ticks = axes.even(0, bins - 1, rows // 3 + 1)
    return axes.beside(rows, np.arange(bins, dtype=np.float64), ticks, lambda tick: _fit(f"bin {tick:g}", f"{tick:g}"))


def _bands(limits: list[tuple[float, float]]) -> list[str]:
    """The lowest and the highest value beside each of the bands that lie below each other."""
    rows = max(_WAVE_ROWS if len(limits) <= 2 else _WAVE_ROWS // 2, 2)
    bands = [[_number(high), *[""] * (rows - 2), _number(low)] for low, high in limits]
    return [label for band in bands for label in band]


def _number(value: float) -> str:
    return _fit(f"{value:.3g}", f"{value:.2g}")


def _fit(*words: str) -> str:
    """The first of some words that the margin has room for."""
    return next((word for word in words if len(word) < MARGIN), "")


def _tokens(name: str, value: Tokens, meanings: Meanings, width: int) -> list[str]:
    """Tokens by number, and by symbol where these are known."""
    some = value.ids[:_SOME_TOKENS].tolist()
    more = " .." if len(value.ids) > len(some) else ""
    numbers = " ".join(map(str, some)) + more
    found = folded(numbers, width - 2)
    symbols = meanings.symbols(name)
    if symbols is not None and all(0 <= number < len(symbols) for number in some):
        words = " ".join(plain(symbols[number]).replace(" ", "␣") for number in some) + more
        found += folded(words, width - 2)
    return [f"  {line}" for line in found]
