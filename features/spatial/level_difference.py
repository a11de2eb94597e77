"""LevelDifference: how much louder one channel is than another, in each band (interaural level difference, ILD): how
far to the side a source is, for high frequencies above all.

    10 log10(P_a / P_b)   (Blauert, Spatial Hearing, MIT Press 1997, section 2.4)

P is the power of a channel in the band; both are raised to the floor first, so that silence is no difference.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.spatial.front_end import Across, Bands, Spectra
from features.spatial.pairs import Pairs, require_channels


class LevelDifference(Bands):
    """Level differences in dB, (frames, pairs * bands), pair after pair; above 0 where the first is louder.

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> left = np.random.default_rng(0).standard_normal(1600, np.float32)
    >>> stereo = Audio(np.stack([left, left / 2]), 16000)
    >>> found = LevelDifference(n_mels=40).transform(stereo, Draws(0, "level_difference", 0, "key", 0)).frames
    >>> found.shape, round(float(found[5, 20]), 2)
    ((11, 40), 6.02)
    """

    name: ClassVar[str] = "level_difference"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "level_difference"
    shown = ({"level_difference": {"of": "stereo", "n_mels": 32, "floor": 1e-4}},)

    pairs: Pairs = ((0, 1),)
    floor: float = Field(1e-10, ge=1e-30, le=1, description="Smallest power that is told from silence.")

    def bins(self) -> int:
        return len(self.pairs) * self.bands()

    def require(self, channels: int) -> None:
        require_channels(self.pairs, channels, self.name, self.of)

    def across(self, sample_rate: int) -> Across:
        pool, bands = self.pool(sample_rate), self.bands()

        def level(spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
            power = pool(np.square(spectrum.real) + np.square(spectrum.imag))
            return np.asarray(np.log10(np.maximum(power, np.float32(self.floor))))

        def write(spectra: Spectra, rows: NDArray[np.float32]) -> None:
            levels = {channel: level(spectra[channel]) for channel in {c for pair in self.pairs for c in pair}}
            for number, (first, second) in enumerate(self.pairs):
                difference = levels[first] - levels[second]
                np.multiply(difference, np.float32(10), out=rows[:, number * bands : (number + 1) * bands])

        return write
