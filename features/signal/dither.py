"""Dither: a little noise before samples are quantized, which turns distortion into noise.

With d uniform in [-1/2, 1/2) least significant bits, `rectangular` adds one d: the mean of the error no longer depends
on the signal; `tpdf` (triangular) adds the sum of two: nor does its variance. Lipshitz, Wannamaker and Vanderkooy,
"Quantization and Dither: A Theoretical Survey", J. Audio Eng. Soc. 40 (1992).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Audio
from features.signal.levels import finite
from features.stage import AudioShape, Rejected, Transform
from features.streaming import Pointwise, Stream, all_finite


class Dither(Transform):
    """Audio with noise of one least significant bit of `bits` added; `quantize` comes next.

    >>> audio = Audio(np.zeros((1, 1000), np.float32), 8000)
    >>> noise = Dither(bits=8).transform(audio, Draws(0, "dither", 0, "key", 0)).samples
    >>> bool(np.abs(noise).max() < 1 / 128)
    True
    """

    name: ClassVar[str] = "dither"
    version: ClassVar[int] = 1
    shown = ({"dither": {"bits": 8}},)

    bits: int = Field(16, ge=2, le=24, description="The bits that samples are quantized to afterwards, from 2 to 24.")
    noise: Literal["tpdf", "rectangular"] = Field(
        "tpdf",
        description="tpdf: triangular, within one bit to either side; rectangular: uniform, within half a bit.",
    )

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        return Pointwise(lambda samples: all_finite(self._dithered(samples, draws)), before.channels)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        return finite(Audio(self._dithered(value.samples, draws), value.sample_rate))

    def _dithered(self, samples: NDArray[np.float32], draws: Draws) -> NDArray[np.float32]:
        """Drawn sample after sample, all channels of one before the next, so that pieces draw what the whole does."""
        shape = samples.shape[::-1]
        if self.noise == "tpdf":
            pair = draws.rng.random((*shape, 2), np.float32)
            noise = pair[..., 0] - pair[..., 1]
        else:
            noise = draws.rng.random(shape, np.float32) - np.float32(0.5)
        noise *= np.float32(2.0 ** (1 - self.bits))
        with np.errstate(over="ignore"):
            dithered: NDArray[np.float32] = np.add(samples, noise.T, order="C")
        return dithered
