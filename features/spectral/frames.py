"""Frames: pieces of a signal that overlap, each centred on a multiple of the hop.

Frame t holds the samples from t * hop_length - frame_length // 2 on, so the signal is continued beyond
both its ends. Frames come in blocks of a fixed size, counted from the first one: a block stays in the
cache while it is worked on, no array as large as all frames is ever made, and the result depends on
nothing but the signal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

PadMode = Literal["constant", "reflect"]

_BLOCK = 1 << 16  # numbers in a block of frames: 256 KiB


def frame_count(samples: int, frame_length: int, hop_length: int) -> int:
    """How many frames a signal of that many samples (one at least) has.

    >>> frame_count(16000, 400, 160), frame_count(1, 400, 160)
    (101, 1)
    """
    return 1 + (samples + 2 * (frame_length // 2) - frame_length) // hop_length


def blocks(
    signal: NDArray[np.float32], frame_length: int, hop_length: int, pad_mode: PadMode = "constant"
) -> Iterator[NDArray[np.float32]]:
    """The frames of a signal (samples,), in order, as views of shape (rows, frame_length).

    Every block but the last has the same number of rows. `constant` continues the signal with zeros, as
    librosa does by default; `reflect` mirrors it about its first and its last sample, over and over where
    it is shorter than the frame.
    """
    signal = np.ascontiguousarray(signal)
    count = frame_count(len(signal), frame_length, hop_length)
    size = max(16, _BLOCK // frame_length)
    for first in range(0, count, size):
        rows = min(size, count - first)
        start = first * hop_length - frame_length // 2
        piece = _continued(signal, start, start + (rows - 1) * hop_length + frame_length, pad_mode)
        stride = piece.itemsize
        yield np.ndarray((rows, frame_length), np.float32, piece, strides=(stride * hop_length, stride))


def _continued(signal: NDArray[np.float32], start: int, stop: int, pad_mode: PadMode) -> NDArray[np.float32]:
    """signal[start:stop], where both may lie outside."""
    if start >= 0 and stop <= len(signal):
        return signal[start:stop]
    if pad_mode == "constant":
        piece = np.zeros(stop - start, np.float32)
        inside = signal[max(start, 0) : stop]
        offset = max(-start, 0)
        piece[offset : offset + len(inside)] = inside
        return piece
    period = 2 * (len(signal) - 1) or 1
    index = np.arange(start, stop) % period
    return signal[np.minimum(index, period - index)]
