"""Energy: how loud each frame is, as the root of its mean square, in decibels, or as the logarithm of its sum: a target
of text-to-speech, and a column beside MFCC.

The sum is over the plain frame, without a window; `log_sum` is the log energy of HTK and Kaldi.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.spectral.frames import Framing, PadMode
from features.spectral.framewise import Framewise, Kernel


class Energy(Framewise):
    """The energy of each frame, (frames, 1).

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> tone = Audio(np.sin(np.arange(1600, dtype=np.float32) * np.pi / 4)[np.newaxis], 16000)
    >>> round(float(Energy().transform(tone, Draws(0, "energy", 0, "key", 0)).frames[5, 0]), 4)
    0.7071
    """

    name: ClassVar[str] = "energy"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "energy"

    frame_length: int = Field(400, ge=1, description="Samples in a frame.")
    hop_length: int = Field(160, ge=1, description="Samples from one frame to the next.")
    pad_mode: PadMode = Field(
        "constant", description="What lies beyond the ends: zeros (constant), or the mirrored signal (reflect)."
    )
    measure: Literal["rms", "db", "log_sum"] = Field(
        "rms",
        description="rms: full scale is 1.0; db: 20 log10(max(rms, floor)); log_sum: ln(max(sum of squares, floor)).",
    )
    floor: float = Field(1e-10, ge=1e-30, le=1, description="Smallest value whose logarithm is taken.")

    def bins(self) -> int:
        return 1

    def framing(self, sample_rate: int | None) -> Framing:
        return Framing.centred(self.frame_length, self.hop_length, self.pad_mode)

    def kernel(self, sample_rate: int) -> Kernel:
        def write(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            sums = np.einsum("ij,ij->i", frames, frames)
            if np.isinf(sums.max()):  # a square left the range of float32, and none leaves that of float64
                sums = np.einsum("ij,ij->i", frames, frames, dtype=np.float64)
            if self.measure == "rms":
                rows[:, 0] = np.sqrt(sums / self.frame_length)
            elif self.measure == "db":
                rows[:, 0] = 20 * np.log10(np.maximum(np.sqrt(sums / self.frame_length), self.floor))
            else:
                rows[:, 0] = np.log(np.maximum(sums, self.floor))

        return write
