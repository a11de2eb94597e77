"""OnsetStrength: how much louder it becomes from one frame to the next, which peaks where sounds begin.

The mean over the mel bands of max(0, L[t] - L[t - 1]), with L the mel spectrogram in decibels (spectral flux;
Böck and Widmer, DAFx 2013, without their maximum filter). A centred frame begins to hear a sound half its length
early, so the result comes n_fft // (2 hop_length) frames late to make up for it. The numbers are those of
librosa.onset.onset_strength with the same parameters.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.example import Audio, Features
from features.perceptual.front_end import LogMelFrontEnd
from features.spectral.framewise import Kernel
from features.stage import AudioShape, Rejected
from features.streaming import Stream


class OnsetStrength(LogMelFrontEnd):
    """The onset strength, (frames, 1), in dB; the mel spectrogram's parameters are those of log_mel.

    >>> second = np.zeros((1, 16000), np.float32)
    >>> second[0, 8000:] = np.sin(np.arange(8000))
    >>> found = OnsetStrength().transform(Audio(second, 16000), Draws(0, "onset_strength", 0, "key", 0))
    >>> int(found.frames[:, 0].argmax())  # in hops of 10 ms
    50
    """

    name: ClassVar[str] = "onset_strength"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "onset_strength"

    top_db: float | None = Field(
        80.0, gt=0, allow_inf_nan=False, description="How far below its largest value the spectrogram reaches, in dB."
    )

    def bins(self) -> int:
        return 1

    def kernel(self, sample_rate: int) -> Kernel:
        """The mel spectrogram: its depth depends on the loudest of all frames."""
        return self.mel_kernel(sample_rate)

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        mel = self.mel(value)
        if isinstance(mel, Rejected):
            return mel
        decibels = self.decibels(mel)
        if self.top_db is not None:
            np.maximum(decibels, decibels.max() - np.float32(self.top_db), out=decibels)
        rise = np.maximum(np.diff(decibels, axis=0), 0).mean(axis=1)
        late = 1 + (self.n_fft // (2 * self.hop_length) if self.center else 0)
        result = np.zeros((len(decibels), 1), np.float32)
        result[late:, 0] = rise[: max(0, len(decibels) - late)]
        return Features(result, value.sample_rate / self.hop_length)

    def stream(self, before: AudioShape, draws: Draws) -> Stream | None:
        return None
