"""Waves: what a browser plays, WAV of 16 bits that neither startles nor clicks; and WAV of floats, to lose nothing."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from features.audio.encode import wav
from features.example import Audio

LOUDEST = 10 ** (-3 / 20)
"""The peak of what is played, of full scale: -3 dB. What is softer stays as soft as it is."""
FADE_SECONDS = 0.01
MOST_CHANNELS = 2


def playable(audio: Audio) -> bytes:
    """WAV of 16 bits, one channel or two, faded in and out, its peak at most -3 dB below full scale."""
    samples = np.nan_to_num(np.array(audio.samples[:MOST_CHANNELS], np.float32), posinf=1.0, neginf=-1.0)
    peak = float(np.abs(samples).max(initial=0))
    if peak > LOUDEST:
        samples *= np.float32(LOUDEST / peak)
    number = min(round(FADE_SECONDS * audio.sample_rate), samples.shape[1] // 2)
    if number:
        ramp = np.linspace(0, 1, number, endpoint=False, dtype=np.float32)
        samples[:, :number] *= ramp
        samples[:, -number:] *= ramp[::-1]
    return wav(Audio(samples, audio.sample_rate))


def float_wav(audio: Audio) -> bytes:
    """WAV of 32-bit floats: decoding it gives the very samples."""
    sink = io.BytesIO()
    soundfile.write(sink, audio.samples.T, audio.sample_rate, "FLOAT", format="WAV")
    return sink.getvalue()
