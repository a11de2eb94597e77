"""The response of a room in the shape of a box, by image sources, and by noise where these are too many.

Allen and Berkley, Image method for efficiently simulating small-room acoustics, J. Acoust. Soc. Am. 65 (1979):
mirrored at its walls, a source becomes a lattice of sources in the open, and each adds beta^walls / (4 pi distance)
at the time distance / c, where beta is the part of the pressure that a wall reflects. It is negative here, as
proposed by Lehmann and Johansson, Prediction of energy decay in room impulse responses simulated with an image-source
model, J. Acoust. Soc. Am. 124 (2008), section II: else the echoes add up to a pressure that never changes its sign.

Late echoes are so many that they are noise under an envelope that decays by 60 dB in the reverberation time: Lehmann
and Johansson, Diffuse reverberation model for efficient image-source simulation of room impulse responses, IEEE TASLP
18 (2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.signal.resample import resample

SPEED_OF_SOUND = 343.0  # m/s, in air of 20 degrees Celsius

_IMAGES = 100_000  # about as many are summed; noise stands for those further away
_NEAREST = 0.1  # metres: a source is no point, so nothing is nearer than this
_FINER = 4  # echoes are put on a grid that much finer than the samples
_BIN = 0.002  # seconds, of the histogram of echoes whose decay is measured

Place = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Room:
    """A box and what is in it, (x, y, z) in metres; sound decays by 60 dB in `rt60` seconds."""

    size: Place
    source: Place
    microphone: Place
    rt60: float

    @property
    def volume(self) -> float:
        x, y, z = self.size
        return x * y * z


def shortest_rt60(size: Place) -> float:
    """The reverberation time in seconds of a box whose walls take in 90 % of the energy (Eyring's formula).

    >>> round(shortest_rt60((5, 4, 3)), 3)
    0.045
    """
    x, y, z = size
    return float(0.161 * x * y * z / (2 * (x * y + y * z + z * x) * np.log(10)))


def room_response(room: Room, sample_rate: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], int]:
    """The response of a room, float32 (1, samples), and the sample that the direct sound comes at.

    All walls reflect alike: as much as it takes for the decay to last `rt60` by Schroeder's integration.
    """
    seconds, walls, distance, end = _images(room)
    beta, level = _reflection(seconds, walls, distance, end, room.rt60)
    count = int((seconds[0] + room.rt60) * sample_rate) + 2
    response = _on_grid(seconds, (-beta) ** walls / (4 * np.pi * distance), count, sample_rate)
    late = np.arange(int(end * sample_rate), count)
    envelope = np.sqrt(level / sample_rate) * 10 ** (-3 * late / (sample_rate * room.rt60))
    response[late] = rng.standard_normal(len(late)) * envelope
    return np.asarray(response[np.newaxis], np.float32), round(float(seconds[0]) * sample_rate)


def _images(room: Room) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], float]:
    """When each image is heard, in order; off how many walls; how far away it is; and until when all are there."""
    furthest = (3 * _IMAGES * room.volume / (4 * np.pi)) ** (1 / 3)
    direct = float(np.linalg.norm(np.subtract(room.source, room.microphone)))
    furthest = min(furthest, SPEED_OF_SOUND * room.rt60 + direct)
    axes = [_axis(*one, furthest) for one in zip(room.size, room.source, room.microphone, strict=True)]
    (x, x_walls), (y, y_walls), (z, z_walls) = axes
    square = (x**2)[:, None, None] + (y**2)[:, None] + z**2
    walls = x_walls[:, None, None] + y_walls[:, None] + z_walls
    near = square <= max(furthest, direct) ** 2 * (1 + 1e-9)
    distance = np.sqrt(square[near])
    order = np.argsort(distance, kind="stable")
    distance = distance[order]
    return distance / SPEED_OF_SOUND, walls[near][order], np.maximum(distance, _NEAREST), furthest / SPEED_OF_SOUND


def _axis(
    length: float, source: float, microphone: float, furthest: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Along one axis: where the images are, seen from the microphone, and off how many walls."""
    reach = int(furthest / (2 * length)) + 1
    period = np.arange(-reach, reach + 1)
    places = np.concatenate([2 * period * length + source, 2 * period * length - source])
    return places - microphone, np.concatenate([np.abs(2 * period), np.abs(2 * period - 1)])


def _reflection(
    seconds: NDArray[np.float64], walls: NDArray[np.int64], distance: NDArray[np.float64], end: float, rt60: float
) -> tuple[float, float]:
    """How much of the pressure a wall reflects, found by bisection; and the energy per second that the noise, which
    begins at `end`, would have had at the time 0.
    """
    bins, orders = max(1, int(end / _BIN)), int(walls.max()) + 1
    inside = seconds < bins * _BIN
    cell = (seconds[inside] / _BIN).astype(np.int64) * orders + walls[inside]
    energy = np.bincount(cell, 1 / (4 * np.pi * distance[inside]) ** 2, bins * orders).reshape(bins, orders)
    time = (np.arange(bins) + 0.5) * _BIN
    late = np.arange(bins, int((seconds[0] + rt60) / _BIN) + 1)
    last = slice(bins - max(1, bins // 5), bins)
    low, high = 0.01, 0.9999
    for _ in range(30):
        beta = (low + high) / 2
        decay = energy @ beta ** (2 * np.arange(orders))
        level = float(np.mean(decay[last] * 10 ** (6 * time[last] / rt60))) / _BIN
        tail = level * _BIN * 10 ** (-6 * (late + 0.5) * _BIN / rt60)
        low, high = (beta, high) if decay_seconds(np.concatenate([decay, tail]), 1 / _BIN) < rt60 else (low, beta)
    return beta, level


def decay_seconds(energy: NDArray[np.float64], rate: float) -> float:
    """The time of a decay by 60 dB, in seconds, of energies that come `rate` times a second; 0 where it cannot be told.

    Schroeder, New method of measuring reverberation time, J. Acoust. Soc. Am. 37 (1965): what is still to come, in
    dB, is a line; it is fitted from -5 to -35 dB (ISO 3382-1, T30).
    """
    rest = np.cumsum(energy[::-1])[::-1]
    with np.errstate(divide="ignore"):
        rest_db = 10 * np.log10(rest / rest[0])
    chosen = np.flatnonzero((rest_db <= -5) & (rest_db >= -35))
    if len(chosen) < 2:
        return 0.0
    slope = np.polyfit(chosen / rate, rest_db[chosen], 1)[0]
    return float(-60 / slope)


def _on_grid(
    seconds: NDArray[np.float64], pressure: NDArray[np.float64], count: int, sample_rate: int
) -> NDArray[np.float64]:
    """Pulses at any times as `count` samples: each is split between two points of a finer grid, then band-limited."""
    at = seconds * (sample_rate * _FINER)
    left = at.astype(np.int64)
    inside = left < (count - 1) * _FINER
    left, pressure, part = left[inside], pressure[inside], (at - left)[inside]
    fine = np.bincount(left, pressure * (1 - part), count * _FINER)
    fine += np.bincount(left + 1, pressure * part, count * _FINER)
    coarse: NDArray[np.float64] = resample((fine * _FINER).astype(np.float32)[np.newaxis], _FINER, 1)[0].astype(float)
    return coarse
