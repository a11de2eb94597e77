"""Drawing: the pictures of a report as SVG that stands in the page; colours and type are those of its style sheet.

Every picture has a title for who does not see it. Its text is escaped here, since no template looks at it again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT = 310.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 8.0, 10.0, 24.0
WAVE_POINTS, WAVE_HEIGHT = 300, 48
COLOURS = 8
"""Lines that are told apart by colour."""

Ticks = Sequence[tuple[float, str]]
"""Places on an axis, in its own unit, with what is written there."""


def columns(heights: Sequence[float], edges: Sequence[float], x: Ticks, title: str, log: bool = False) -> Markup:
    """Columns between edges, as a histogram has them, on a linear or a logarithmic axis."""
    scale = math.log if log else float
    low, high = scale(edges[0]), scale(edges[-1])
    top = max(heights, default=0) or 1.0
    y = ticks(0.0, top, 3)
    top = max(top, y[-1][0])

    def across(value: float) -> float:
        return LEFT + (scale(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    parts = _axes(y, 0.0, top)
    for height, start, end in zip(heights, edges[:-1], edges[1:], strict=True):
        if height:
            left, right, above = across(start), across(end), _down(height, 0.0, top)
            size = f'width="{max(0.6, right - left - 0.8):.1f}" height="{_floor() - above:.1f}"'
            parts.append(f'<rect class="mark" x="{left:.1f}" y="{above:.1f}" {size}/>')
    parts += [_below(across(value), text) for value, text in x if edges[0] <= value <= edges[-1]]
    return _picture(parts, title)


def lines(series: Mapping[int, Sequence[float | None]], x: Sequence[float], title: str, unit: str) -> Markup:
    """One line for each series, by the number of its colour; a value that is none leaves a gap."""
    values = [v for found in series.values() for v in found if v is not None and math.isfinite(v)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    y = ticks(low, high, 4)
    low, high = min(low, y[0][0]), max(high, y[-1][0])
    first, last = x[0], x[-1] if x[-1] > x[0] else x[0] + 1

    def across(value: float) -> float:
        return LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    parts = _axes(y, low, high)
    for number, found in series.items():
        style, path, drawn = f"line c{number % COLOURS}", "", False
        for place, value in zip(x, found, strict=True):
            there = value is not None and math.isfinite(value)
            if there:
                path += f"{'L' if drawn else 'M'}{across(place):.1f} {_down(value or 0.0, low, high):.1f}"
            drawn = there
        parts.append(f'<path class="{style}" d="{path}"/>')
        if len(found) == 1 and values:
            parts.append(
                f'<circle class="dot c{number % COLOURS}" cx="{across(first):.1f}" '
                f'cy="{_down(found[0] or 0.0, low, high):.1f}" r="2.5"/>'
            )
    parts += [_below(across(value), text) for value, text in ticks(first, last, 5) if first <= value <= last]
    parts.append(f'<text class="unit" x="{WIDTH - RIGHT}" y="{HEIGHT + 6:g}" text-anchor="end">{_escape(unit)}</text>')
    return _picture(parts, title, more=10)


def bar(share: float) -> Markup:
    """A share of a whole as a bar; the number beside it says the same, so it has no title."""
    from markupsafe import Markup

    wide = 100 * min(max(share, 0.0), 1.0)
    return Markup(
        f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="mark" width="{wide:.2f}" height="8"/></svg>'
    )


def waveform(samples: NDArray[Any]) -> Markup:
    """The outline of samples (samples,): in each column all between the lowest and the highest."""
    from markupsafe import Markup

    starts = np.arange(min(WAVE_POINTS, len(samples))) * len(samples) // min(WAVE_POINTS, len(samples))
    high, low = np.maximum.reduceat(samples, starts), np.minimum.reduceat(samples, starts)
    edge = float(max(high.max(), -low.min(), 1e-9))
    middle, half = WAVE_HEIGHT / 2, WAVE_HEIGHT / 2 - 1
    over = [f"{place} {middle - half * value / edge:.1f}" for place, value in enumerate(high.tolist())]
    under = [f"{place} {middle - half * value / edge + 0.4:.1f}" for place, value in enumerate(low.tolist())]
    outline = "L".join([*over, *reversed(under)])
    return Markup(
        f'<svg class="wave" viewBox="0 0 {len(starts)} {WAVE_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="mark" d="M{outline}Z"/></svg>'
    )


def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """About so many round places from below `low` to above `high`.

    >>> ticks(0, 47, 3)
    [(0.0, '0'), (20.0, '20'), (40.0, '40'), (60.0, '60')]
    """
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [(place * step, short(place * step)) for place in range(first, last + 1)]


def duration_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Round durations between two, for a logarithmic axis: as many as there is room for.

    >>> [text for _, text in duration_ticks(0.4, 9)]
    ['0.5 s', '1 s', '2 s', '5 s']
    """
    units = (("s", 1.0, (0.001, 0.01, 0.1, 1, 10)), ("min", 60.0, (1, 10)), ("h", 3600.0, (1, 10)))
    found = [
        (seconds * decade * factor, f"{short(decade * factor)} {unit}")
        for unit, seconds, decades in units
        for decade in decades
        for factor in (1, 2, 5)
        if unit == "h" or decade * factor < 50  # too near to the next unit
    ]
    inside = [(value, text) for value, text in found if low <= value <= high]
    return inside[:: -(-len(inside) // 7)] if inside else []


def short(value: float) -> str:
    """A number as an axis has it.

    >>> short(0.30000000000000004), short(12000.0), short(-20.0), short(3e6)
    ('0.3', '12k', '-20', '3M')
    """
    for limit, letter in ((1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return f"{value / (1e6 if letter == 'M' else 1e3):g}{letter}"
    return f"{round(value, 10):g}"


def _axes(y: Ticks, low: float, high: float) -> list[str]:
    parts = []
    for value, text in y:
        down = _down(value, low, high)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down:.1f}" y2="{down:.1f}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{down + 3.5:.1f}" text-anchor="end">{_escape(text)}</text>')
    return parts


def _below(across: float, text: str) -> str:
    return f'<text x="{across:.1f}" y="{_floor() + 14:.1f}" text-anchor="middle">{_escape(text)}</text>'


def _down(value: float, low: float, high: float) -> float:
    return TOP + (high - value) / ((high - low) or 1.0) * (_floor() - TOP)


def _floor() -> float:
    return HEIGHT - BOTTOM


def _picture(parts: Sequence[str], title: str, more: float = 0.0) -> Markup:
    from markupsafe import Markup

    size = f"0 0 {WIDTH:g} {HEIGHT + more:g}"
    return Markup(
        f'<svg class="chart" viewBox="{size}" role="img"><title>{_escape(title)}</title>{"".join(parts)}</svg>'
    )


def _escape(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))
