"""PhaseDifference: by how much one channel's phase is ahead of another's, in each band (IPD): how far to the side a
source is, for low frequencies above all.

    angle(sum over the band of X_a conj(X_b))

The sum weighs each bin by its power; a band in which the channels have nothing in common has the angle 0. As cosine
and sine the angle has no jump at pi (Wang, Le Roux and Hershey, ICASSP 2018).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.spatial.front_end import Across, Bands, Spectra
from features.spatial.pairs import Pairs, require_channels


class PhaseDifference(Bands):
    """Phase differences, pair after pair: (frames, pairs * bands) angles in radians, above 0 where the second is late;
    or (frames, pairs * 2 * bands), the cosines of a pair and then its sines.

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> wave = np.sin(np.arange(1600, dtype=np.float32) * np.pi / 4)
    >>> late = Audio(np.stack([wave[1:], wave[:-1]]), 16000)
    >>> stage = PhaseDifference(n_fft=400, output="angle")
    >>> round(float(stage.transform(late, Draws(0, "phase_difference", 0, "key", 0)).frames[5, 50] / np.pi), 3)
    0.25
    """

    name: ClassVar[str] = "phase_difference"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "phase_difference"
    shown = ({"phase_difference": {"of": "stereo", "n_mels": 32}},)

    pairs: Pairs = ((0, 1),)
    output: Literal["cos_sin", "angle"] = Field(
        "cos_sin", description="cos_sin: cosine and sine of the angle; angle: in radians, from -pi to pi."
    )

    def bins(self) -> int:
        return len(self.pairs) * self.bands() * (2 if self.output == "cos_sin" else 1)

    def require(self, channels: int) -> None:
        require_channels(self.pairs, channels, self.name, self.of)

    def across(self, sample_rate: int) -> Across:
        pool, bands = self.pool(sample_rate), self.bands()

        def write(spectra: Spectra, rows: NDArray[np.float32]) -> None:
            for number, (first, second) in enumerate(self.pairs):
                cross = spectra[first] * np.conj(spectra[second])
                real, imaginary = pool(cross.real), pool(cross.imag)
                if self.output == "angle":
                    np.arctan2(imaginary, real, out=rows[:, number * bands : (number + 1) * bands])
                    continue
                cosine, sine = (rows[:, at * bands : (at + 1) * bands] for at in (2 * number, 2 * number + 1))
                length = np.hypot(real, imaginary)
                cosine[:], sine[:] = 1, 0
                np.divide(real, length, out=cosine, where=length != 0)
                np.divide(imaginary, length, out=sine, where=length != 0)

        return write
