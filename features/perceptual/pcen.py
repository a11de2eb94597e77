"""Pcen: per-channel energy normalisation, an automatic gain control for each band (Wang et al., ICASSP 2017).

    M[t] = (1 - s) M[t - 1] + s E[t],    PCEN[t] = (E[t] / (floor + M[t])^gain + bias)^power - bias^power

E are energies, such as those of `mel`, and M follows them slowly: s = (sqrt(1 + 4 T^2) - 1) / (2 T^2) gives the
smoother a time constant of T frames, as in librosa.pcen. It starts at rest on the first frame (M[-1] = E[0]), so
that a recording needs no time to settle, however loud it is.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Features
from features.stage import Rejected, Transform

_BLOCK = 1 << 15  # numbers that are worked on at once: they stay in the cache


class Pcen(Transform):
    """Energies of any kind, (frames, bins), after per-channel energy normalisation.

    >>> steady = Features(np.full((50, 3), 0.25, np.float32), 100.0)
    >>> Pcen(gain=1, bias=3, power=0.5).transform(steady, Draws(0, "pcen", 0, "key", 0)).frames[0, 0].round(4)
    np.float32(0.2679)
    """

    name: ClassVar[str] = "pcen"
    version: ClassVar[int] = 1
    reads = Features
    writes: ClassVar[str | None] = "pcen"
    shown = ({"mel": {"n_mels": 40}}, {"pcen": {}})

    of: str = Field("mel", description="Name of the energies that are read: features of no negative value.")
    time_constant_seconds: float = Field(0.4, gt=0, le=1e3, description="How slowly the smoother follows, in seconds.")
    gain: float = Field(0.98, ge=0, le=1, description="How much of the smoothed energy is divided out: 1 is all of it.")
    bias: float = Field(2.0, gt=0, le=1e3, description="What is added before the root is taken; it hides small values.")
    power: float = Field(0.5, gt=0, le=1, description="Exponent of the root that compresses what is left.")
    floor: float = Field(1e-6, ge=1e-30, le=1, description="Energy that is added to the smoothed one.")

    def transform(self, value: Features, draws: Draws) -> Features | Rejected:
        energies = value.frames
        if not len(energies):
            return value
        if energies.min() < 0:
            return Rejected(f"{self.of} has values below zero, and pcen reads energies")
        smooth = self._smoothed(energies, self.time_constant_seconds * value.frame_rate)
        found = np.empty(energies.shape, np.float32)
        rows = max(1, _BLOCK // energies.shape[1])
        for first in range(0, len(found), rows):
            part = slice(first, first + rows)
            found[part] = self._compressed(energies[part], smooth[part])
        return Features(found, value.frame_rate)

    def _smoothed(self, energies: NDArray[np.float32], time_constant: float) -> NDArray[np.float64]:
        square = time_constant**2
        weight = 2 / (np.sqrt(1 + 4 * square) + 1)  # the formula above, without its difference of like numbers
        start = (1 - weight) * energies[:1].astype(np.float64)
        smooth, _ = scipy.signal.lfilter([weight], [1, weight - 1], energies.astype(np.float64), axis=0, zi=start)
        return np.asarray(smooth)

    def _compressed(self, energies: NDArray[np.float32], smooth: NDArray[np.float64]) -> NDArray[np.float64]:
        smooth += self.floor
        level = energies * np.exp(np.log(smooth) * -self.gain)
        return np.asarray(self.bias**self.power * np.expm1(self.power * np.log1p(level / self.bias)))
