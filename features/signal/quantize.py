"""Quantize: samples as a converter of fewer bits would give them, for models that will hear such, or that predict few
values.

Uniform and mid-tread: with the step 2^(1 - bits), the result is step * round(x / step), where round goes to the nearest
integer (halves to the even one) between -2^(bits - 1) and 2^(bits - 1) - 1: two's complement, as in linear PCM.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Audio
from features.stage import AudioShape, Transform
from features.streaming import Pointwise, Stream


def quantize(samples: NDArray[np.float32], bits: int) -> NDArray[np.float32]:
    """Samples on the grid of `bits` bits, clipped to full scale; float32 holds the grid of 24 bits exactly.

    >>> quantize(np.float32([-2, -0.3, 0.2, 1]), 3).tolist()
    [-1.0, -0.25, 0.25, 0.75]
    """
    levels = np.float32(2 ** (bits - 1))
    with np.errstate(over="ignore"):  # what becomes infinite is clipped
        codes: NDArray[np.float32] = samples * levels
    np.rint(codes, out=codes)
    np.clip(codes, -levels, levels - 1, out=codes)
    codes /= levels
    return codes


class Quantize(Transform):
    """Audio on the grid of `bits` bits, still as float32; what lies beyond full scale is clipped.

    Put `dither` of the same bits before it, and the error becomes noise that does not depend on the signal.

    >>> audio = Audio(np.float32([[0.3, -0.6]]), 8000)
    >>> Quantize(bits=2).transform(audio, Draws(0, "quantize", 0, "key", 0)).samples.tolist()
    [[0.5, -0.5]]
    """

    name: ClassVar[str] = "quantize"
    version: ClassVar[int] = 1
    shown = ({"quantize": {"bits": 4}},)

    bits: int = Field(ge=2, le=24, description="How many bits a sample has, from 2 to 24.")

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        return Pointwise(lambda samples: quantize(samples, self.bits), before.channels)

    def transform(self, value: Audio, draws: Draws) -> Audio:
        return Audio(quantize(np.ascontiguousarray(value.samples), self.bits), value.sample_rate)
