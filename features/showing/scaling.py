"""Scaling: which values a picture shows, and from which to which its colours reach."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FAR = 20.0
"""Where a value is so many times as large as half of them are, as in a power spectrum, most would lie in the dark."""
SMALLEST, LARGEST = 0.01, 0.9999


def readable(frames: NDArray[Any]) -> NDArray[np.float32]:
    """The frames as float32, bent by asinh(x / median |x|) where a few values are far larger than most.

    asinh is linear around zero and logarithmic far from it, so that signs are kept and what is small is seen.

    >>> readable(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    >>> readable(np.array([[0.0, 1.0, -1.0, 1e6]])).round(2).tolist()
    [[0.0, 0.8799999952316284, -0.8799999952316284, 14.510000228881836]]
    """
    values = np.asarray(frames, np.float32)
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    middle = float(np.median(sizes)) if sizes.size else 0.0
    if not middle or float(sizes.max()) <= FAR * middle:
        return values
    bent: NDArray[np.float32] = np.arcsinh(values / np.float32(middle))
    return bent


def limits(frames: NDArray[Any]) -> tuple[float, float]:
    """The values that get the darkest and the lightest colour: the lowest hundredth is all dark, the top all seen.

    >>> low, high = limits(np.arange(1001.0))
    >>> round(low), round(high)
    (10, 1000)
    """
    values = np.asarray(frames)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = (float(found) for found in np.quantile(finite.astype(np.float64), [SMALLEST, LARGEST]))
    return low, high if high > low else low + 1.0
