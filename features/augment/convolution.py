"""Convolution of a recording with the response of a room, in time with what was said and as loud."""

from __future__ import annotations

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from features.signal.levels import SILENCE, peak, rms, scaled


def reverberated(
    samples: NDArray[np.float32], response: NDArray[np.float32], direct: int
) -> NDArray[np.float32] | None:
    """The samples (channels, samples) as heard through a response (1, length); None where either is silent.

    y[n] = sum over k of h[k] x[n - k + direct], where h[direct] is the direct sound, so that nothing comes later than
    before. The sound that lingers beyond the end is cut, and y has the RMS level of x.

    >>> echo = np.float32([[0, 0, 1, 0, 0.5]])
    >>> wet = reverberated(np.float32([[1, 0, 0, 0]]), echo, 2)
    >>> (wet / wet[0, 0]).round(3).tolist()
    [[1.0, 0.0, 0.5, 0.0]]
    """
    if rms(response) < SILENCE or rms(samples) < SILENCE:
        return None
    length = samples.shape[1]
    loud = samples / np.float32(peak(samples))  # both with a peak of 1, so that nothing overflows on the way
    found = scipy.signal.oaconvolve(loud, response / np.float32(peak(response)), axes=1)
    wet = np.zeros(samples.shape, np.float32)
    heard = found[:, direct : direct + length]
    wet[:, : heard.shape[1]] = heard
    level = rms(wet)
    return scaled(wet, rms(samples) / level) if level >= SILENCE else None
