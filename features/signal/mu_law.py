"""MuLaw: samples companded by the mu-law, so that 256 levels sound like 14 bits. ITU-T G.711, the continuous formula.

F(x) = sgn(x) ln(1 + mu |x|) / ln(1 + mu) with mu = 255; the code is round((F(x) + 1) / 2 * mu), as WaveNet (van den
Oord et al., 2016, section 2.2) and the models after it use it. G.711 itself replaces F by 16 straight segments.

Codes are exact: F in float32, made smaller by a hundredth of a code, lies in the code or in the one below it, and
comparing with the threshold between them does the rest. So they depend on no library's logarithm.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Tokens
from features.stage import AudioShape, Rejected, TokenShape, Transform
from features.streaming import Pointwise, Stream

MU = 255
CODES = MU + 1


def expanded(companded: NDArray[Any]) -> NDArray[Any]:
    """The inverse of F, in the precision of what is given: sgn(y) ((1 + mu)^|y| - 1) / mu, for y from -1 to 1."""
    samples: NDArray[Any] = np.abs(companded)
    samples *= np.log1p(MU)
    np.expm1(samples, out=samples)
    samples /= MU
    np.copysign(samples, companded, out=samples)
    return samples


def levels() -> NDArray[np.float64]:
    """What each code stands for before expansion: 2 code / mu - 1."""
    return 2 * np.arange(CODES) / MU - 1


def encode(samples: NDArray[np.float32]) -> NDArray[np.int32]:
    """The codes of samples, 0 to 255, clipped to full scale.

    >>> encode(np.float32([-1, -0.1, 0, 0.1, 1])).tolist()
    [0, 52, 128, 203, 255]
    """
    clipped = np.clip(samples, -1, 1)
    companded = np.abs(clipped)
    companded *= MU
    companded += 1
    np.log(companded, out=companded)
    companded *= np.float32(MU / 2 / np.log1p(MU))
    np.copysign(companded, clipped, out=companded)
    companded += np.float32(MU / 2 + 0.5 - 0.01)
    codes = companded.astype(np.int32)  # towards zero, and all are positive
    codes += clipped >= _next_begins().take(codes, mode="clip")
    return codes


@lru_cache(maxsize=1)
def _next_begins() -> NDArray[np.float32]:
    """For each code, the smallest float32 of the code above it; none reaches that of the last."""
    exact = expanded((2 * np.arange(1, CODES) - 1) / MU - 1)
    found = exact.astype(np.float32)
    found = np.where(found < exact, np.nextafter(found, np.float32(2)), found)
    thresholds = np.append(found, np.float32(np.inf))
    thresholds.flags.writeable = False
    return thresholds


class MuLaw(Transform):
    """Tokens, (samples,), the mu-law codes 0 to 255 of one channel; or the companded audio on 256 levels.

    `mu_law_expand` is the way back, from either.

    >>> audio = Audio(np.float32([[0, 0.5, -2]]), 8000)
    >>> MuLaw().transform(audio, Draws(0, "mu_law", 0, "key", 0)).ids.tolist()
    [128, 239, 0]
    """

    name: ClassVar[str] = "mu_law"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "mu_law"

    to: Literal["tokens", "audio"] = Field(
        "tokens", description="tokens: codes of one channel, 0 to 255; audio: samples 2 code / 255 - 1 of all channels."
    )

    def shape(self, before: AudioShape) -> TokenShape | AudioShape:
        if self.to == "audio":
            return before
        if before.channels not in (None, 1):
            raise ChainError(f"mu_law reads one channel, and {self.of!r} has {before.channels}: decode to mono", "of")
        return TokenShape(CODES, before.sample_rate)

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        if self.to == "audio":
            return Pointwise(_companded, before.channels)
        return Pointwise(lambda samples: encode(samples[0]), before.channels)

    def transform(self, value: Audio, draws: Draws) -> Tokens | Audio | Rejected:
        if self.to == "audio":
            return Audio(_companded(value.samples), value.sample_rate)
        if value.channels != 1:
            return Rejected(f"{value.channels} channels, and mu_law reads one")
        return Tokens(encode(value.samples[0]), value.sample_rate)


def _companded(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return levels().astype(np.float32)[encode(np.ascontiguousarray(samples))]
