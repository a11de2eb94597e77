"""Frames: pieces of a signal that overlap, most often each centred on a multiple of the hop.

A centred frame t holds the samples from t * hop - length // 2 on, so the signal is continued beyond both
its ends. Frames come in blocks of a fixed size, counted from the first one: a block stays in the cache
while it is worked on, no array as large as all frames is ever made, and the result depends on nothing but
the signal: neither on what comes later, nor on the pieces in which it arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

PadMode = Literal["constant", "reflect"]

_BLOCK = 1 << 16  # numbers in a block of frames: 256 KiB


@dataclass(frozen=True, slots=True)
class Framing:
    """How a signal is cut: frame t holds the `length` samples from t * hop - before on.

    The signal is continued by `before` samples in front and at most `after` behind: with zeros (`constant`),
    mirrored about its first and its last sample (`reflect`), or with these two repeated (`symmetric`); over
    and over where it is shorter than that.

    >>> Framing(4, 2).count(9), Framing.centred(4, 2).count(9)
    (3, 5)
    """

    length: int
    hop: int
    before: int = 0
    after: int = 0
    pad_mode: Literal["constant", "reflect", "symmetric"] = "constant"

    @classmethod
    def centred(cls, length: int, hop: int, pad_mode: PadMode = "constant") -> Framing:
        """Frame t with its middle on sample t * hop, as librosa and torch.stft have it."""
        return cls(length, hop, length // 2, length // 2, pad_mode)

    def count(self, samples: int) -> int:
        """How many frames a signal of that many samples has."""
        return max(0, 1 + (samples + self.before + self.after - self.length) // self.hop) if samples else 0

    def blocks(self, signal: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The frames of a signal (samples,), in order, as views of shape (rows, length).

        Every block but the last has the same number of rows.
        """
        framer = Framer(self)
        return [*framer.push(signal), *framer.finish()]


class Framer:
    """A signal that comes in pieces, cut into the blocks that `Framing.blocks` makes of the whole."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._rows = max(16, _BLOCK // framing.length)
        self._kept: list[NDArray[np.float32]] = []  # samples that are needed yet,
        self._start = self._received = 0  # from the first to behind the last
        self._next = 0  # the first frame that was not given yet

    def push(self, samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The blocks that are whole with these samples, (samples,)."""
        framing = self._framing
        self._received += len(samples)
        ready = self._received + framing.before - framing.length - (self._rows - 1) * framing.hop
        if ready < self._next * framing.hop:
            self._kept.append(samples.copy())
            return []
        signal = np.concatenate([*self._kept, samples]) if self._kept else np.ascontiguousarray(samples)
        found = []
        while ready >= self._next * framing.hop:
            found.append(self._block(signal, self._rows))
        first = min(self._next * framing.hop - framing.before, self._received - framing.after - 1)
        cut = max(0, first - self._start)
        self._kept, self._start = [signal[cut:].copy()], self._start + cut
        return found

    def finish(self) -> list[NDArray[np.float32]]:
        """The blocks that are left, now that the signal has ended."""
        count = self._framing.count(self._received)
        signal = np.concatenate([*self._kept, np.empty(0, np.float32)])
        found = []
        while self._next < count:
            found.append(self._block(signal, min(self._rows, count - self._next)))
        return found

    def _block(self, signal: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
        """The next rows, where `signal` holds the samples that are kept."""
        framing = self._framing
        start = self._next * framing.hop - framing.before
        piece = self._piece(signal, start, start + (rows - 1) * framing.hop + framing.length)
        self._next += rows
        stride = piece.itemsize
        return np.ndarray((rows, framing.length), np.float32, piece, strides=(stride * framing.hop, stride))

    def _piece(self, signal: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
        """The samples from `start` to `stop`, where both may lie beyond the ends of the signal."""
        if start >= 0 and stop <= self._received:
            return signal[start - self._start : stop - self._start]
        if self._framing.pad_mode == "constant":
            piece = np.zeros(stop - start, np.float32)
            inside = signal[max(start, 0) - self._start : max(stop - self._start, 0)]
            offset = max(-start, 0)
            piece[offset : offset + len(inside)] = inside
            return piece
        twice = self._framing.pad_mode == "symmetric"  # whether the mirror shows the end itself
        period = 2 * self._received - (0 if twice else 2) or 1
        index = np.arange(start, stop) % period
        return np.take(signal, np.minimum(index, period - twice - index) - self._start)


def frame_count(samples: int, frame_length: int, hop_length: int) -> int:
    """How many centred frames a signal of that many samples has.

    >>> frame_count(16000, 400, 160), frame_count(1, 400, 160)
    (101, 1)
    """
    return Framing.centred(frame_length, hop_length).count(samples)


def blocks(
    signal: NDArray[np.float32], frame_length: int, hop_length: int, pad_mode: PadMode = "constant"
) -> list[NDArray[np.float32]]:
    """The centred frames of a signal (samples,), in blocks, as `Framing.blocks` gives them."""
    return Framing.centred(frame_length, hop_length, pad_mode).blocks(signal)
