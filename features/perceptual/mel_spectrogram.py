"""Mel: the mel spectrogram, the power (or the magnitude) of each frame in each filter of the mel bank, narrow in the
bass and wide in the treble, as hearing is; see mel.py. `log_mel` is its logarithm, and `pcen` reads it.
"""

from __future__ import annotations

from typing import ClassVar

from features.perceptual.front_end import MelFrontEnd
from features.spectral.framewise import Kernel


class Mel(MelFrontEnd):
    """The mel spectrogram, (frames, n_mels): sum of |X|^power over the bins of each filter.

    >>> import numpy as np
    >>> from features.draws import Draws
    >>> from features.example import Audio
    >>> second = Audio(np.zeros((1, 16000), np.float32), 16000)
    >>> Mel(n_mels=40).transform(second, Draws(0, "mel", 0, "key", 0)).frames.shape
    (101, 40)
    """

    name: ClassVar[str] = "mel"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "mel"

    def kernel(self, sample_rate: int) -> Kernel:
        return self.mel_kernel(sample_rate)
