"""TrimSilence: cuts the silence before the first and after the last sound, where nothing is to be learned; silence.py
says what is loud.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.example import Audio
from features.signal.silence import SilenceStage
from features.stage import AudioShape, Filtered, Rejected, Transform


class TrimSilence(SilenceStage, Transform):
    """Audio from its first to its last loud frame; a recording of nothing but silence is filtered.

    With several channels, a frame is loud when one of them is.
    """

    name: ClassVar[str] = "trim_silence"
    version: ClassVar[int] = 1
    shown = ({"trim_silence": {"top_db": 30}},)

    keep_seconds: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="How much is kept before the first and after the last loud frame."
    )

    def shape(self, before: AudioShape) -> AudioShape:
        return replace(before, samples=None)

    def transform(self, value: Audio, draws: Draws) -> Audio | Filtered | Rejected:
        loud = self.loud(value)
        if isinstance(loud, (Filtered, Rejected)):
            return loud
        frames = np.flatnonzero(loud)
        hop_length, keep = self.hop_length(value.sample_rate), round(self.keep_seconds * value.sample_rate)
        start = max(0, int(frames[0]) * hop_length - keep)
        stop = min(value.samples.shape[1], (int(frames[-1]) + 1) * hop_length + keep)
        return Audio(np.ascontiguousarray(value.samples[:, start:stop]), value.sample_rate)
