"""TrimSilence: cuts the silence before the first and after the last sound.

A frame is loud when its RMS lies less than `top_db` below that of the loudest frame; this is the measure of
librosa.effects.trim, which the tests compare with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Audio
from features.signal.levels import amplitude
from features.spectral.frames import blocks
from features.stage import AudioShape, Filtered, Rejected, Transform

_SILENT_DB = -100.0  # a loudest frame below this level is silence, whatever top_db says


class TrimSilence(Transform):
    """Audio from its first to its last loud frame; a recording of nothing but silence is filtered.

    Frames are centred on multiples of the hop, with zeros beyond the ends; with several channels, a frame
    is loud when one of them is.
    """

    name: ClassVar[str] = "trim_silence"
    version: ClassVar[int] = 1

    top_db: float = Field(60.0, gt=0, le=200, description="How far below the loudest frame silence begins, in dB.")
    frame_length_seconds: float = Field(0.064, gt=0, le=60, description="Length of a frame.")
    hop_seconds: float = Field(0.016, gt=0, le=60, description="From one frame to the next.")
    keep_seconds: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="How much is kept before the first and after the last loud frame."
    )

    def shape(self, before: AudioShape) -> AudioShape:
        return replace(before, samples=None)

    def transform(self, value: Audio, draws: Draws) -> Audio | Filtered | Rejected:
        samples, rate = value.samples, value.sample_rate
        if not samples.size:
            return Filtered("silence")
        frame_length, hop_length = (max(1, round(s * rate)) for s in (self.frame_length_seconds, self.hop_seconds))
        energy = np.max([_energy(channel, frame_length, hop_length) for channel in samples], axis=0)
        loudest = float(energy.max())
        if not np.isfinite(loudest):
            return Rejected("samples beyond the range of float32")
        if loudest <= frame_length * amplitude(_SILENT_DB) ** 2:
            return Filtered("silence")
        loud = np.flatnonzero(energy > loudest * amplitude(-self.top_db) ** 2)
        keep = round(self.keep_seconds * rate)
        start = max(0, int(loud[0]) * hop_length - keep)
        stop = min(samples.shape[1], (int(loud[-1]) + 1) * hop_length + keep)
        return Audio(np.ascontiguousarray(samples[:, start:stop]), rate)


def _energy(signal: NDArray[np.float32], frame_length: int, hop_length: int) -> NDArray[np.float32]:
    """The sum of the squares in each frame of a signal (samples,)."""
    with np.errstate(over="ignore"):
        return np.concatenate([np.einsum("fn,fn->f", f, f) for f in blocks(signal, frame_length, hop_length)])
