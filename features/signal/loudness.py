"""Loudness: every recording as loud as a listener hears it. ITU-R BS.1770-4, Annex 1, with EBU R 128's words.

Each channel passes the K-weighting: a shelf that lifts what lies above 1.7 kHz by 4 dB, as a head does, and a high pass
at 38 Hz. The mean square of blocks of 400 ms, one each 100 ms, summed over channels, gives the loudness of a block,
-0.691 + 10 log10(sum), in LUFS. Blocks at or below -70 LUFS are left out, then those 10 LU below the mean of the rest;
the mean of what remains is the integrated loudness. The filters for any sample rate are those of De Man, "Evaluation of
Implementations of the EBU R128 Loudness Measurement" (AES 145, 2018), which at 48 kHz are the standard's own.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio
from features.signal.levels import amplitude, finite, scaled
from features.signal.true_peak import true_peak, true_peak_bound
from features.stage import AudioShape, Rejected, Transform

MIN_SAMPLE_RATE = 4000  # the shelf begins at 1.7 kHz
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_PASS_HZ, _PASS_Q = 38.13547087602444, 0.5003270373238773
_SURROUND = {5: (1, 1, 1, 1.41, 1.41), 6: (1, 1, 1, 0, 1.41, 1.41)}  # left, right, centre, (low,) two surround
_OFFSET, _ABSOLUTE_LUFS, _RELATIVE_LU = -0.691, -70.0, -10.0
_STEPS_A_SECOND, _STEPS_A_BLOCK = 10, 4
_STEPS_AT_ONCE = 100


def k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """The two second-order sections of the K-weighting, (2, 6), as scipy.signal.sosfilt wants them."""
    k = np.tan(np.pi * _SHELF_HZ / sample_rate)
    high = 10 ** (_SHELF_DB / 20)
    band = high**0.4996667741545416
    zeros = np.array([high + band * k / _SHELF_Q + k * k, 2 * (k * k - high), high - band * k / _SHELF_Q + k * k])
    shelf, low_cut = _poles(k, _SHELF_Q), _poles(np.tan(np.pi * _PASS_HZ / sample_rate), _PASS_Q)
    return np.array([[*zeros / shelf[0], *shelf / shelf[0]], [1, -2, 1, *low_cut / low_cut[0]]])


def _poles(k: float, q: float) -> NDArray[np.float64]:
    return np.array([1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k])


def integrated_loudness(samples: NDArray[np.float32], sample_rate: int) -> float:
    """The integrated loudness in LUFS of samples, (channels, samples); -inf where no block is above -70 LUFS.

    Channels count alike, but five and six are a surround layout. What is shorter than 400 ms, for which the standard
    knows no loudness, is one block.

    >>> tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000).astype(np.float32)
    >>> round(integrated_loudness(tone[np.newaxis], 48000), 2)
    -3.01
    """
    energies = _blocks(samples, sample_rate)
    energies = energies[_lufs(energies) > _ABSOLUTE_LUFS]
    if not energies.size:
        return -np.inf
    energies = energies[_lufs(energies) > _lufs(energies.mean()) + _RELATIVE_LU]
    return float(_lufs(energies.mean()))


def _lufs(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        level: NDArray[np.float64] = _OFFSET + 10 * np.log10(energy)
    return level


def _blocks(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """The weighted mean square of each block of 400 ms, summed over channels; the end that fills none is left out."""
    steps = samples.shape[1] * _STEPS_A_SECOND // sample_rate
    if steps < _STEPS_A_BLOCK:
        edges = np.array([0, samples.shape[1]])
        whole: NDArray[np.float64] = _energy(samples, sample_rate, edges) / max(1, samples.shape[1])
        return whole
    edges = np.arange(steps + 1) * sample_rate // _STEPS_A_SECOND
    energy = _energy(samples, sample_rate, edges)
    blocks: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(energy, _STEPS_A_BLOCK).sum(axis=1)
    blocks /= sample_rate * _STEPS_A_BLOCK / _STEPS_A_SECOND
    return blocks


def _energy(samples: NDArray[np.float32], sample_rate: int, edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """The sum of the squares of the weighted samples from each edge to the next, some seconds at a time."""
    weights = _SURROUND.get(len(samples), (1,) * len(samples))
    energy, sections = np.zeros(len(edges) - 1), k_weighting(sample_rate)
    for channel, weight in zip(samples, weights, strict=True):
        state = np.zeros((2, 2))
        for first in range(0, len(energy), _STEPS_AT_ONCE):
            part = edges[first : first + _STEPS_AT_ONCE + 1]
            piece, state = scipy.signal.sosfilt(sections, channel[part[0] : part[-1]], zi=state)
            if piece.size:
                energy[first : first + len(part) - 1] += weight * np.add.reduceat(piece * piece, part[:-1] - part[0])
    return energy


class Loudness(Transform):
    """Audio at an integrated loudness of `lufs`; quieter where its true peak would exceed `true_peak_db`.

    All channels get the same gain; nothing is limited or clipped. Silence, which has no loudness, is passed on as it
    is. The notes say the loudness that was found, and the gain.

    >>> tone = Audio(np.sin(2 * np.pi * 997 * np.arange(48000) / 48000).astype(np.float32)[np.newaxis], 48000)
    >>> louder = Loudness(lufs=-23).transform(tone, Draws(0, "loudness", 0, "key", 0))
    >>> round(float(louder.samples.max()), 2)  # a full-scale tone of 1 kHz has -3 LUFS
    0.1
    """

    name: ClassVar[str] = "loudness"
    version: ClassVar[int] = 1

    lufs: float = Field(-23.0, ge=-70, le=0, description="The wanted integrated loudness in LUFS.")
    true_peak_db: float = Field(
        -1.0, ge=-60, le=20, description="What the true peak may reach, in dB relative to full scale (dBTP)."
    )

    def shape(self, before: AudioShape) -> AudioShape:
        if before.sample_rate is not None and before.sample_rate < MIN_SAMPLE_RATE:
            raise ChainError(self._too_low(before.sample_rate), "of")
        return before

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        if value.sample_rate < MIN_SAMPLE_RATE:
            return Rejected(self._too_low(value.sample_rate))
        found = integrated_loudness(value.samples, value.sample_rate)
        if found == -np.inf:
            return value
        gain, limit = amplitude(self.lufs - found), amplitude(self.true_peak_db)
        if gain * true_peak_bound(value.samples) > limit:
            highest = true_peak(value.samples)
            if not np.isfinite(highest):
                return Rejected("samples beyond the range of float32")
            gain = min(gain, limit / highest)
        draws.remember("lufs", round(found, 4))
        draws.remember("gain_db", round(float(20 * np.log10(gain)), 4))
        return finite(Audio(scaled(value.samples, gain), value.sample_rate))

    def _too_low(self, sample_rate: int) -> str:
        return f"loudness needs a sample rate of {MIN_SAMPLE_RATE} Hz, and {self.of} has {sample_rate}"
