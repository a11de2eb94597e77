"""Silence: which frames of a recording are loud, for the stages that cut by it.

A frame is loud when its RMS lies less than `top_db` below that of the loudest frame; this is the measure of
librosa.effects.trim and split, which the tests compare with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.example import Audio
from features.signal.levels import amplitude
from features.spectral.frames import blocks
from features.stage import Filtered, Rejected, Stage

_SILENT_DB = -100.0  # a loudest frame below this level is silence, whatever top_db says


class SilenceStage(Stage):
    """A stage that cuts at silence. Frames are centred on multiples of the hop, with zeros beyond the ends."""

    top_db: float = Field(60.0, gt=0, le=200, description="How far below the loudest frame silence begins, in dB.")
    frame_length_seconds: float = Field(0.064, gt=0, le=60, description="Length of a frame.")
    hop_seconds: float = Field(0.016, gt=0, le=60, description="From one frame to the next.")

    def loud(self, value: Audio) -> NDArray[np.bool_] | Filtered | Rejected:
        """Whether each frame is loud in one of the channels; one at least is. Or a verdict, where all is silent."""
        if not value.samples.size:
            return Filtered("silence")
        frame_length = lengths(self.frame_length_seconds, value.sample_rate)
        energy = frame_energy(value.samples, frame_length, self.hop_length(value.sample_rate))
        loudest = float(energy.max())
        if not np.isfinite(loudest):
            return Rejected("samples beyond the range of float32")
        if loudest <= frame_length * amplitude(_SILENT_DB) ** 2:
            return Filtered("silence")
        return energy > loudest * amplitude(-self.top_db) ** 2

    def hop_length(self, sample_rate: int) -> int:
        """From one frame to the next, in samples."""
        return lengths(self.hop_seconds, sample_rate)


def lengths(seconds: float, sample_rate: int) -> int:
    """Seconds in samples, one at least."""
    return max(1, round(seconds * sample_rate))


def frame_energy(samples: NDArray[np.float32], frame_length: int, hop_length: int) -> NDArray[np.float32]:
    """The sum of the squares in each frame, (frames,), of the channel where it is largest; samples beyond none."""
    energy: NDArray[np.float32] = np.max([_energy(channel, frame_length, hop_length) for channel in samples], axis=0)
    return energy


def _energy(signal: NDArray[np.float32], frame_length: int, hop_length: int) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.concatenate([np.einsum("fn,fn->f", f, f) for f in blocks(signal, frame_length, hop_length)])
