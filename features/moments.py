"""Moments: mean and standard deviation of each bin over a whole corpus, in one pass and little memory.

Groups of frames are joined by the update of Chan, Golub and LeVeque (The American Statistician 37, 1983, eq. 1.5),
which keeps its digits where sums of squares lose them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Bins = NDArray[np.float64]


@dataclass(slots=True)
class Moments:
    """The number of frames, and for each bin their mean and the sum of the squares of what they differ from it.

    >>> found = Moments()
    >>> for frames in ([[1.0], [3.0]], [[5.0]]):
    ...     found.add(np.float32(frames))
    >>> found.frames, found.mean.tolist(), round(float(found.deviation[0]), 4)
    (3, [3.0], 1.633)
    """

    frames: int = 0
    mean: Bins = field(default_factory=lambda: np.zeros(0))
    squares: Bins = field(default_factory=lambda: np.zeros(0))

    def add(self, array: NDArray[np.floating]) -> None:
        """Takes the frames of an array in, (frames, bins); ValueError where it has other bins than those before."""
        if not len(array):
            return
        frames = array.astype(np.float64)
        own = frames.mean(axis=0)
        spread = np.square(frames - own).sum(axis=0)
        if not self.frames:
            self.mean, self.squares = np.zeros_like(own), np.zeros_like(own)
        elif len(own) != len(self.mean):
            raise ValueError(f"there are arrays of {len(self.mean)} and of {len(own)} bins")
        total, apart = self.frames + len(frames), own - self.mean
        self.mean = self.mean + apart * (len(frames) / total)
        self.squares = self.squares + spread + apart**2 * (self.frames * len(frames) / total)
        self.frames = total

    @property
    def deviation(self) -> Bins:
        """The standard deviation of each bin; ValueError where there was no frame."""
        if not self.frames:
            raise ValueError("there are no frames")
        return np.sqrt(self.squares / self.frames)

    def over_bins(self) -> Moments:
        """Those of all bins taken together, the same for each."""
        mean = self.mean.mean()
        squares = np.mean(self.squares + self.frames * (self.mean - mean) ** 2)
        return Moments(self.frames, np.full_like(self.mean, mean), np.full_like(self.mean, squares))

    def encode(self) -> str:
        """JSON text that `decode` reads back to the bit; ValueError where there was no frame."""
        if not self.frames:
            raise ValueError("there are no frames to take statistics of")
        return json.dumps({"frames": self.frames, "mean": self.mean.tolist(), "squares": self.squares.tolist()})

    @classmethod
    def decode(cls, text: str) -> Moments:
        found = json.loads(text)
        return cls(found["frames"], np.array(found["mean"]), np.array(found["squares"]))
