"""WhisperLogMel: the log-mel features that Whisper models are fed with (Radford et al., arXiv:2212.04356, section 2.2).

At 16 kHz, with a Hann window of 25 ms each 10 ms, frames centred and the signal mirrored beyond its ends; Slaney's
mel filters from 0 to 8 kHz. L = log10(max(mel, 1e-10)) without the last frame, then (max(L, max L - 8) + 4) / 4.

Whisper hears 30 s at a time: put `fix_length: {seconds: 30}` before this stage to feed one of its models.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Features
from features.perceptual.front_end import filtered
from features.perceptual.mel import mel_bands
from features.spectral.frames import Framing
from features.spectral.framewise import Framewise, Kernel
from features.spectral.spectrum import Spectrum
from features.spectral.windows import hann
from features.stage import AudioShape, Rejected
from features.streaming import Stream

_SAMPLE_RATE = 16_000
_N_FFT, _HOP = 400, 160
_FLOOR = 1e-10
_DECADES = np.float32(8)  # from the loudest value down to the lowest


class WhisperLogMel(Framewise):
    """Whisper's log-mel features, (samples // 160, n_mels): 2 from the lowest value to the highest, at most.

    >>> second = Audio(np.ones((1, 16000), np.float32), 16000)
    >>> WhisperLogMel().transform(second, Draws(0, "whisper_log_mel", 0, "key", 0)).frames.shape
    (100, 80)
    """

    name: ClassVar[str] = "whisper_log_mel"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "whisper_log_mel"

    n_mels: Literal[80, 128] = Field(80, description="Number of mel filters: 128 for large-v3 and turbo, else 80.")

    def bins(self) -> int:
        return self.n_mels

    def framing(self, sample_rate: int | None) -> Framing:
        # centred, and one hop short of the end, which leaves out the last frame
        return Framing(_N_FFT, _HOP, _N_FFT // 2, _N_FFT // 2 - _HOP, "reflect")

    def kernel(self, sample_rate: int) -> Kernel:
        """The mel spectrogram: the levels depend on the loudest of all frames."""
        if sample_rate != _SAMPLE_RATE:
            raise ChainError(f"whisper_log_mel hears 16000 Hz, and {self.of!r} has {sample_rate}: resample it", "of")
        bands = mel_bands(_SAMPLE_RATE, _N_FFT, self.n_mels, 0.0, None, "slaney")
        return filtered(Spectrum(hann(_N_FFT, _N_FFT), _N_FFT), bands)

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        mel = self.rows(value, self.kernel, self.n_mels)
        if isinstance(mel, Rejected):
            return mel
        np.log10(np.maximum(mel, _FLOOR, out=mel), out=mel)
        np.maximum(mel, mel.max() - _DECADES, out=mel)
        mel += 4
        mel /= 4
        return Features(mel, _SAMPLE_RATE / _HOP)

    def stream(self, before: AudioShape, draws: Draws) -> Stream | None:
        return None
