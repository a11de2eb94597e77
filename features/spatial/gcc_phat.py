"""GccPhat: how alike two channels are at each delay, by the generalised cross-correlation with phase transform: the
direction of a source, even in rooms.

    R(d) = IDFT(conj(X_a) X_b / |X_a X_b|)   (Knapp and Carter, IEEE Trans. ASSP 24(4), 1976)

Every frequency has the same weight, so that a single source shows as one sharp peak at the delay of b behind a.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from pydantic import Field, model_validator

from features.spatial.front_end import Across, SpatialFrontEnd, Spectra
from features.spatial.pairs import Pairs, require_channels


class GccPhat(SpatialFrontEnd):
    """GCC-PHAT, (frames, pairs * (2 * max_delay + 1)), pair after pair, from the second channel being `max_delay`
    samples early to its being as late; 1 for a pure delay.

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> left = np.random.default_rng(0).standard_normal(1600, np.float32)
    >>> stereo = Audio(np.stack([left[3:], left[:-3]]), 16000)
    >>> found = GccPhat(max_delay=8).transform(stereo, Draws(0, "gcc_phat", 0, "key", 0)).frames
    >>> found.shape, int(found[5].argmax()) - 8
    ((10, 17), 3)
    """

    name: ClassVar[str] = "gcc_phat"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "gcc_phat"
    shown = ({"gcc_phat": {"of": "stereo"}},)

    pairs: Pairs = ((0, 1),)
    max_delay: int = Field(
        16, ge=1, description="Largest delay in samples: the distance of the microphones over the speed of sound."
    )

    @model_validator(mode="after")
    def _within_a_frame(self) -> GccPhat:
        if 2 * self.max_delay >= self.n_fft:
            raise ValueError(f"max_delay {self.max_delay} is not less than half of n_fft {self.n_fft}")
        return self

    def bins(self) -> int:
        return len(self.pairs) * (2 * self.max_delay + 1)

    def require(self, channels: int) -> None:
        require_channels(self.pairs, channels, self.name, self.of)

    def across(self, sample_rate: int) -> Across:
        lags = 2 * self.max_delay + 1

        def write(spectra: Spectra, rows: NDArray[np.float32]) -> None:
            for number, (first, second) in enumerate(self.pairs):
                cross = np.conj(spectra[first]) * spectra[second]
                size = np.abs(cross)
                np.divide(cross, size, out=cross, where=size > 0)
                likeness = scipy.fft.irfft(cross, self.n_fft)
                found = rows[:, number * lags : (number + 1) * lags]
                found[:, : self.max_delay] = likeness[:, -self.max_delay :]
                found[:, self.max_delay :] = likeness[:, : self.max_delay + 1]

        return write
