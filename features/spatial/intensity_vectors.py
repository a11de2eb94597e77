"""IntensityVectors: where the sound comes from, in each band of first-order Ambisonics.

    I = Re(conj(W) (X, Y, Z)),   E = (|W|^2 + |X|^2 + |Y|^2 + |Z|^2) / 2,   each summed over the band

The active intensity over the energy (Merimaa and Pulkki, J. Audio Eng. Soc. 53(12), 2005): a plane wave gives a
vector of length 1 that points to its source; in a diffuse field the length goes to 0. In SN3D a plane wave of
amplitude 1 has W = 1; FuMa's W is lower by the root of 2.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.errors import ChainError
from features.spatial.front_end import Across, Bands, Spectra

Layout = Literal["ambix", "fuma"]

_ORDERS: dict[Layout, str] = {"ambix": "wyzx", "fuma": "wxyz"}


class IntensityVectors(Bands):
    """Intensity vectors, (frames, 3 * bands): x (front) of every band, then y (left), then z (up), from -1 to 1.

    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> wave = np.random.default_rng(0).standard_normal(1600, np.float32)
    >>> left = Audio(np.stack([wave, wave, 0 * wave, 0 * wave]), 16000)
    >>> found = IntensityVectors(n_mels=1).transform(left, Draws(0, "intensity_vectors", 0, "key", 0)).frames
    >>> found[5].round(3).tolist()
    [0.0, 1.0, 0.0]
    """

    name: ClassVar[str] = "intensity_vectors"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "intensity_vectors"
    shown = ({"intensity_vectors": {"of": "ambisonics"}},)

    layout: Layout = Field(
        "ambix", description="ambix: channels W, Y, Z, X (ACN) in SN3D; fuma: W, X, Y, Z with W lower by 3 dB."
    )

    def bins(self) -> int:
        return 3 * self.bands()

    def require(self, channels: int) -> None:
        if channels != 4:
            raise ChainError(f"{self.name} reads the 4 channels of first order, and {self.of!r} has {channels}", "of")

    def across(self, sample_rate: int) -> Across:
        pool, bands = self.pool(sample_rate), self.bands()
        order = _ORDERS[self.layout]
        gain = np.float32(np.sqrt(2) if self.layout == "fuma" else 1)

        def write(spectra: Spectra, rows: NDArray[np.float32]) -> None:
            of = dict(zip(order, spectra, strict=True))
            omni = of["w"] * gain
            energy = 0.5 * pool(
                sum((_product(part, part) for part in (of["x"], of["y"], of["z"])), _product(omni, omni))
            )
            for number, axis in enumerate("xyz"):
                towards = rows[:, number * bands : (number + 1) * bands]
                towards[:] = 0
                np.divide(pool(_product(omni, of[axis])), energy, out=towards, where=energy != 0)

        return write


def _product(first: NDArray[np.complex64], second: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Re(conj(first) second)."""
    return np.asarray(first.real * second.real + first.imag * second.imag)
