"""Drawing: any array of an example as a picture without axes; whoever shows it writes the axes beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.example import Array, Audio, Features, Tokens
from features.showing.raster import features_image, waveform_image
from features.showing.scaling import readable

FEW_BINS = 8
"""Up to so many bins are drawn as curves, each on its own scale: pitch, energy, descriptors."""


def draw(value: Array, width: int, height: int) -> NDArray[np.uint8]:
    """An array as a picture, uint8 of shape (height, width, 3): a waveform, a heat map, or curves below each other.

    >>> draw(Audio(np.zeros((1, 800), np.float32), 8000), 30, 10).shape
    (10, 30, 3)
    """
    if isinstance(value, Audio):
        return waveform_image(value.samples, width, height)
    frames = value.frames if isinstance(value, Features) else value.ids[:, np.newaxis]
    if frames.shape[1] <= FEW_BINS:
        return waveform_image(_curves(frames), width, height, 1.0)
    return features_image(readable(frames), width, height)


def timing(value: Array) -> tuple[int, float | None]:
    """How many steps of time an array has, and how many there are to a second; None where it does not follow the time.

    >>> timing(Audio(np.zeros((2, 800), np.float32), 8000))
    (800, 8000)
    """
    if isinstance(value, Audio):
        return value.samples.shape[1], value.sample_rate or None
    return len(value.array), (value.rate if isinstance(value, Tokens) else value.frame_rate) or None


def _curves(frames: NDArray[np.generic]) -> NDArray[np.float32]:
    """Each bin as a curve, (bins, frames), from -1 at its lowest value to 1 at its highest; 0 where all are alike."""
    curves = np.nan_to_num(np.asarray(frames.T, np.float32), posinf=0, neginf=0)
    if not curves.size:
        return np.zeros((max(len(curves), 1), 0), np.float32)
    low, high = curves.min(axis=1, keepdims=True), curves.max(axis=1, keepdims=True)
    span = np.where(high > low, high - low, 1)
    return np.where(high > low, 2 * (curves - low) / span - 1, 0).astype(np.float32)
