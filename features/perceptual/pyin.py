"""Pyin: the pitch of a whole recording by probabilistic YIN (Mauch and Dixon, ICASSP 2014).

YIN's threshold is uncertain: it has a beta distribution with the mean 0.1 (a = 2, b = 18). The trough that YIN would
pick under a threshold s is the first one less than s; so the probability of a trough is that of the thresholds
between it and the deepest trough before it. Under thresholds below all troughs, the deepest has 1 % of the
probability (section 2.1). What is left is the probability that the frame is unvoiced.

A hidden Markov model then chooses the path (section 2.2): the pitch, in steps of 10 cents, moves from frame to frame
by a triangular distribution, 18 octaves a second at most, and voicing changes with a probability of 1 %.
"""

from __future__ import annotations

from math import floor, log, log2

import numpy as np
from numpy.typing import NDArray

from features.perceptual.yin import Troughs

BINS_PER_OCTAVE = 120
_NO_TROUGH = 0.01
_SWITCH = 0.01
_OCTAVES_PER_SECOND = 17.96
_LEAST = 1e-38  # the smallest probability whose logarithm is taken


def bin_count(f_min: float, f_max: float) -> int:
    """How many steps of 10 cents there are from `f_min` to `f_max`, both included."""
    return floor(BINS_PER_OCTAVE * log2(f_max / f_min)) + 1


def observations(found: Troughs, sample_rate: int, f_min: float, bins: int) -> NDArray[np.float32]:
    """The probability of each pitch, float32 of shape (frames, bins); a frame's sum is that of its being voiced."""
    chance = trough_probabilities(found.depths)
    frames, columns = np.nonzero(chance)
    pitch = np.round(BINS_PER_OCTAVE * np.log2(sample_rate / found.lags[frames, columns] / f_min))
    probabilities = np.zeros((len(chance), bins), np.float32)
    np.add.at(probabilities, (frames, np.clip(pitch, 0, bins - 1).astype(np.intp)), chance[frames, columns])
    return probabilities


def trough_probabilities(depths: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probability that each trough is the period, where `depths`, (frames, lags), is 1 for what is no trough.

    >>> found = trough_probabilities(np.float32([[1, 0.2, 1, 0.1]]))
    >>> [round(float(chance), 3) for chance in found[0]]
    [0.0, 0.083, 0.0, 0.343]
    """
    deepest = np.minimum.accumulate(depths, axis=1)
    before = np.concatenate([np.ones((len(depths), 1), np.float32), deepest[:, :-1]], axis=1)
    chance: NDArray[np.float32] = np.maximum(_below(before) - _below(depths), 0)
    lowest = depths.argmin(axis=1)
    rows = np.flatnonzero(deepest[:, -1] < 1)
    chance[rows, lowest[rows]] += _NO_TROUGH * _below(deepest[rows, -1])
    return chance


def _below(threshold: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cumulative beta distribution with a = 2 and b = 18, in closed form."""
    return np.asarray(1 - (1 - threshold) ** 18 * (1 + 18 * threshold))


def best_path(probabilities: NDArray[np.float32], frame_rate: float) -> tuple[NDArray[np.intp], NDArray[np.bool]]:
    """The most likely pitch of each frame, by its number, and whether the frame is voiced (Viterbi's algorithm).

    `probabilities` is what `observations` gives; an unvoiced frame has a pitch too, the one that it passes on.
    """
    frames, bins = probabilities.shape
    reach = max(1, round(_OCTAVES_PER_SECOND * BINS_PER_OCTAVE / frame_rate))
    nearness = 1 - np.abs(np.arange(-reach, reach + 1)) / (reach + 1)
    sums = np.convolve(np.ones(bins), nearness)[reach : reach + bins]  # less at the ends, where some moves lead out
    moves = np.log(nearness)
    seen = np.log(np.maximum(probabilities, _LEAST))
    unseen = np.log(np.maximum(1 - probabilities.sum(axis=1), _LEAST) / bins)

    padded = np.full((2, bins + 2 * reach), -np.inf)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=1)
    moved = np.empty(around.shape)
    came = np.zeros((frames, 2, bins), np.int16)
    switched = np.zeros((frames, 2, bins), np.bool)
    scores = np.stack([seen[0], np.full(bins, unseen[0])])
    for frame in range(1, frames):
        stay, switch = scores + log(1 - _SWITCH), scores[::-1] + log(_SWITCH)
        np.greater(switch, stay, out=switched[frame])
        np.subtract(np.maximum(stay, switch), np.log(sums), out=padded[:, reach : reach + bins])
        best = np.add(around, moves, out=moved).argmax(axis=2)
        came[frame] = best - reach
        scores = np.take_along_axis(moved, best[..., np.newaxis], axis=2)[..., 0]
        scores[0] += seen[frame]
        scores[1] += unseen[frame]

    path, voiced = np.empty(frames, np.intp), np.empty(frames, np.bool)
    kind, pitch = np.unravel_index(scores.argmax(), scores.shape)
    for frame in reversed(range(frames)):
        path[frame], voiced[frame] = pitch, kind == 0
        pitch = pitch + came[frame, kind, pitch]
        kind = 1 - kind if switched[frame, kind, pitch] else kind
    return path, voiced
