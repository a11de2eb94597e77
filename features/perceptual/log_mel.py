"""LogMel: the logarithm of the mel spectrogram, the usual input of speech and sound models."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from features.draws import Draws
from features.example import Audio, Features
from features.perceptual.front_end import MelFrontEnd
from features.stage import Rejected


class LogMel(MelFrontEnd):
    """Log-mel features, (frames, n_mels): ln(max(mel, floor)), or 10 log10(max(mel, floor)) with `log: db`.

    >>> import numpy as np
    >>> second = Audio(np.zeros((1, 16000), np.float32), 16000)
    >>> LogMel().transform(second, Draws(0, "log_mel", 0, "key", 0)).frames.shape
    (101, 80)
    """

    name: ClassVar[str] = "log_mel"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "log_mel"

    log: Literal["natural", "db"] = Field(
        "natural", description="natural: ln(max(mel, floor)); db: 10 log10(max(mel, floor))."
    )

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        mel = self.mel(value)
        if isinstance(mel, Rejected):
            return mel
        frames = self.natural(mel) if self.log == "natural" else self.decibels(mel)
        return Features(frames, value.sample_rate / self.hop_length)
