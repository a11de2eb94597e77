"""Raster: arrays as pictures of so many pixels. Time goes to the right, low frequencies lie below.

Where there are more values than pixels, a pixel shows the largest of its span, so that a click or a thin line is never
lost; where there are fewer, a value takes several pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.showing import colours
from features.showing.scaling import limits

_LINE = 200  # of the 256 colours, that of a waveform


def features_image(
    frames: NDArray[Any], width: int, height: int, low: float | None = None, high: float | None = None
) -> NDArray[np.uint8]:
    """Features, (frames, bins), as a picture, uint8 of shape (height, width, 3).

    `low` and `high` are the values of the darkest and of the lightest colour; by default those of `scaling.limits`.

    >>> features_image(np.eye(2), 2, 2)[:, :, 0].tolist() == colours.map(np.fliplr(np.eye(2)))[:, :, 0].tolist()
    True
    """
    darkest, lightest = limits(frames) if low is None or high is None else (0.0, 1.0)
    darkest, lightest = darkest if low is None else low, lightest if high is None else high
    values = np.asarray(frames, np.float32)
    if not values.size:
        return colours.map(np.zeros((height, width)))
    pooled = _largest(_largest(values, width, 0), height, 1)
    span = lightest - darkest if lightest > darkest else 1.0
    return colours.map((pooled.T[::-1] - darkest) / span)


def waveform_image(samples: NDArray[Any], width: int, height: int, top: float | None = None) -> NDArray[np.uint8]:
    """A waveform, (channels, samples), as a picture, uint8 of shape (height, width, 3); channels below each other.

    `top` is the amplitude at the edge, by default the largest that there is. A column shows all that lies between the
    lowest and the highest sample of its span, and the step to the next span.
    """
    values = np.atleast_2d(np.asarray(samples, np.float32))
    edge = (float(np.abs(values).max(initial=0)) if top is None else top) or 1.0
    bands = np.linspace(0, height, len(values) + 1).round().astype(int)
    lit = np.zeros((height, width), bool)
    for channel, start, end in zip(values, bands[:-1], bands[1:], strict=True):
        if end > start:
            lit[start:end] = _band(channel, width, end - start, edge)
    return colours.table()[np.where(lit, _LINE, 0)]


def _band(channel: NDArray[np.float32], width: int, height: int, edge: float) -> NDArray[np.bool_]:
    """Which pixels (height, width) a channel (samples,) lights."""
    if not channel.size:
        channel = np.zeros(1, np.float32)
    nexts = channel[np.append(_starts(len(channel), width)[1:], len(channel) - 1)]
    above = np.maximum(_largest(channel, width, 0), nexts)
    below = np.minimum(-_largest(-channel, width, 0), nexts)
    first, last = (np.rint((edge - ends) / (2 * edge) * (height - 1)) for ends in (above, below))
    rows = np.arange(height)[:, np.newaxis]
    lit: NDArray[np.bool_] = (rows >= np.clip(first, 0, height - 1)) & (rows <= np.clip(last, 0, height - 1))
    return lit


def _starts(length: int, spans: int) -> NDArray[np.int64]:
    """Where each of so many spans of an axis begins."""
    return np.arange(spans, dtype=np.int64) * length // spans


def _largest(values: NDArray[np.float32], spans: int, axis: int) -> NDArray[np.float32]:
    """The largest value of each span of an axis, which gets the length `spans`; the value itself in spans of none.

    >>> _largest(np.float32([1, 5, 2, 3]), 2, 0).tolist(), _largest(np.float32([1, 5]), 4, 0).tolist()
    ([5.0, 3.0], [1.0, 1.0, 5.0, 5.0])
    """
    found: NDArray[np.float32] = np.maximum.reduceat(values, _starts(values.shape[axis], spans), axis)
    return found
