"""Fingerprint: what a recording sounds like, in so few bits that copies of it are found among millions.

Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System" (ISMIR 2002), section 4.2: frames of 0.37 s, the
energy E[n, m] of frame n in bands m spaced logarithmically from 300 to 2000 Hz, and of each frame a word of the bits

    F[n, m] = 1 where E[n, m] - E[n, m+1] > E[n-1, m] - E[n-1, m+1], else 0

Another codec, rate or level moves the energies, and seldom their order. Theirs are 86 words of 32 bits a second, which
find three seconds in a song; here it is half as many of 24 bits, for clips that are compared as a whole: 172 characters
a second in the index. A word is 0 where a frame lies 40 dB below the loudest one: there, the codec's noise is heard.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example
from features.filters.filter import Filter
from features.signal.levels import peak
from features.signal.resample import resample
from features.spectral.frames import Framing
from features.spectral.spectrum import Spectrum
from features.spectral.windows import hann
from features.stage import PREDICT, Shape, Shapes

BITS = 24
WORDS_PER_SECOND = 5500 / 128
_RATE, _LENGTH, _HOP = 5500, 2048, 128
_LOW_HZ, _HIGH_HZ = 300.0, 2000.0
_SILENT_DB = -40.0


class Fingerprint(Filter):
    """The example as it is; the notes of copy 0 keep the fingerprint, `words`, for the gate `duplicate_fingerprint`.

    Recordings of less than 0.4 s have none.
    """

    name: ClassVar[str] = "fingerprint"
    version: ClassVar[int] = 1

    max_seconds: float = Field(120.0, gt=0, description="How much of a recording is heard, from its start, in seconds.")

    def acts_on(self, split: str, copy: int) -> bool:
        return copy == 0 and split != PREDICT

    def check(self, shapes: Shapes) -> dict[str, Shape]:
        after, rate = super().check(shapes), getattr(shapes[self.of], "sample_rate", None)
        if rate is not None and rate < 2 * _HIGH_HZ:
            raise ChainError(f"fingerprint hears up to {_HIGH_HZ:g} Hz; {self.of!r} has a rate of {rate} Hz", "of")
        return after

    def problem(self, audio: Audio, example: Example, draws: Draws) -> None:
        samples = audio.samples[:, : round(self.max_seconds * audio.sample_rate)]
        draws.remember("words", encode(words(Audio(samples, audio.sample_rate))))


def words(audio: Audio) -> NDArray[np.uint32]:
    """The fingerprint, (words,), of the mean of all channels; the lowest band is the highest of BITS bits."""
    loudest = peak(audio.samples)
    if not loudest:
        return np.empty(0, np.uint32)
    mono = (audio.samples / np.float32(loudest)).mean(axis=0, keepdims=True)
    energy = _energies(resample(mono, audio.sample_rate, _RATE, "MQ")[0])
    if len(energy) < 2:
        return np.empty(0, np.uint32)
    slope = energy[:, :-1] - energy[:, 1:]
    bits = slope[1:] > slope[:-1]
    found = bits @ (np.uint32(1) << np.arange(BITS, dtype=np.uint32)[::-1])
    total = energy.sum(axis=1, dtype=np.float64)
    level = total[1:] + total[:-1]
    return np.where(level > level.max() * 10 ** (_SILENT_DB / 10), found, 0).astype(np.uint32)


def encode(found: NDArray[np.uint32]) -> str:
    """Words as text, four characters each (base64)."""
    four = found.astype(">u4").view(np.uint8).reshape(-1, 4)
    return base64.b64encode(four[:, 1:].tobytes()).decode()


def decode(text: str) -> NDArray[np.uint32]:
    """The words that `encode` wrote.

    >>> decode(encode(np.uint32([1, 0xABCDEF]))).tolist() == [1, 0xABCDEF]
    True
    """
    three = np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, 3)
    four = np.pad(three, ((0, 0), (1, 0)))
    return four.view(">u4")[:, 0].astype(np.uint32)


def _energies(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """The energy in each band, (frames, BITS + 1), of a signal (samples,) at 5500 Hz."""
    edges = _edges()
    spectrum, first = Spectrum(hann(_LENGTH, _LENGTH), _LENGTH), edges[0]
    found = []
    for frames in Framing(_LENGTH, _HOP).blocks(signal):
        power = spectrum.power(frames)
        found.append(np.add.reduceat(power[:, first : edges[-1]], edges[:-1] - first, axis=1))
    return np.concatenate(found) if found else np.empty((0, BITS + 1), np.float32)


@lru_cache(maxsize=1)
def _edges() -> NDArray[np.int64]:
    """The first bin of each band, and the one behind the last band."""
    return np.round(np.geomspace(_LOW_HZ, _HIGH_HZ, BITS + 2) * _LENGTH / _RATE).astype(np.int64)
