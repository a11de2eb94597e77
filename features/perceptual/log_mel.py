"""LogMel: the logarithm of the mel spectrogram, the usual input of speech and sound models; the filters are those of
mel.py.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.perceptual.front_end import LogMelFrontEnd
from features.spectral.framewise import Kernel


class LogMel(LogMelFrontEnd):
    """Log-mel features, (frames, n_mels): ln(max(mel, floor)), or 10 log10(max(mel, floor)) with `log: db`.

    >>> from features.draws import Draws
    >>> from features.example import Audio
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

    def kernel(self, sample_rate: int) -> Kernel:
        mel = self.mel_kernel(sample_rate)
        logarithm = self.natural if self.log == "natural" else self.decibels

        def log_mel(frames: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
            mel(frames, rows)
            logarithm(rows)

        return log_mel
