"""GriffinLim: a waveform whose spectrogram is the given one, where the phases are lost: the plain vocoder (see
synthesis.py for the inverse transform).

The algorithm of Griffin and Lim (IEEE Trans. ASSP 32(2), 1984) goes to and fro: from spectra to the waveform, and to
the spectra that this waveform really has, whose phases are kept. With momentum it arrives sooner and nearer
(Perraudin, Balazs and Sondergaard, WASPAA 2013, algorithm 2): where t[n] are the spectra after n rounds, round n + 1
begins with the phases of t[n] + momentum (t[n] - t[n - 1]).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Audio, Features
from features.inverse.synthesis import Synthesis
from features.spectral.frames import Framing
from features.spectral.spectrum import Spectrum
from features.spectral.windows import window
from features.stage import Rejected


class GriffinLim(Synthesis):
    """A waveform for a magnitude spectrogram, (frames, 1 + n_fft // 2); the phases begin at random, by the key.

    >>> silence = Features(np.zeros((11, 201), np.float32), 100.0)
    >>> GriffinLim().transform(silence, Draws(0, "griffin_lim", 0, "key", 0)).samples.shape
    (1, 1600)
    """

    name: ClassVar[str] = "griffin_lim"
    version: ClassVar[int] = 1
    shown = ({"stft": {"output": "magnitude"}}, {"griffin_lim": {"of": "stft", "as": "again", "n_iter": 4}})

    of: str = Field("linear", description="Name of the features that are read: a spectrogram of no negative value.")
    n_iter: int = Field(32, ge=0, le=10_000, description="Rounds to and fro.")
    momentum: float = Field(0.99, ge=0, le=1, description="How far a round goes on in the direction of the last.")
    power: float = Field(1.0, gt=0, le=4, description="Exponent of the magnitude in what is read: 1, or 2 for power.")

    def read_bins(self) -> int:
        return 1 + self.n_fft // 2

    def transform(self, value: Features, draws: Draws) -> Audio | Rejected:
        if value.frames.size and value.frames.min() < 0:
            return Rejected(f"{self.of} has values below zero, and {self.name} reads magnitudes")

        def waveform(frames: NDArray[np.float32]) -> NDArray[np.float32]:
            magnitude = frames if self.power == 1 else frames ** np.float32(1 / self.power)
            angles = draws.rng.random(frames.shape, np.float32) * np.float32(2 * np.pi)
            return self.rounds(magnitude, np.exp(1j * angles).astype(np.complex64))

        return self.audio(value, waveform)

    def rounds(self, magnitude: NDArray[np.float32], phases: NDArray[np.complex64]) -> NDArray[np.float32]:
        """The samples after all rounds that begin with these phases, complex numbers of length 1."""
        scale = magnitude.max()  # so that no square leaves float32
        if not scale > 0:
            return np.zeros(self.length(len(magnitude)), np.float32)
        magnitude = magnitude / scale
        last: NDArray[np.complex64] | None = None
        for _ in range(self.n_iter):
            now = self._spectra(self.signal(magnitude * phases), len(magnitude))
            phases = now + np.float32(self.momentum) * (now - last) if last is not None else now.copy()
            phases /= np.maximum(np.abs(phases), np.float32(1e-30))
            last = now
        return np.asarray(self.signal(magnitude * phases) * scale)

    def _spectra(self, signal: NDArray[np.float32], frames: int) -> NDArray[np.complex64]:
        """The spectra of a signal, (frames, 1 + n_fft // 2)."""
        centred = Framing.centred(self.n_fft, self.hop_length)
        framing = centred if self.center else Framing(self.n_fft, self.hop_length)
        spectrum = Spectrum(window(self.window, self.win_length or self.n_fft, self.n_fft), self.n_fft)
        found = np.empty((frames, 1 + self.n_fft // 2), np.complex64)
        done = 0
        for block in framing.blocks(signal):
            found[done : done + len(block)] = spectrum.complex(block)
            done += len(block)
        return found
