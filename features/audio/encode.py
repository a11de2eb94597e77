"""Encode: a waveform as 16-bit FLAC (kept in stores) or WAV (played in a browser).

A sample x becomes round(32768 x), halves to even, held to [-32768, 32767]; decoding divides by 32768. So
audio that came from 16-bit PCM comes back bit for bit, and any other is off by at most half a step, 1/65536.
"""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

from features.errors import FeatureError
from features.example import Audio

FULL_SCALE = 32768
FLAC_CHANNELS = 8
FLAC_RATE = 655_350


def pcm16(audio: Audio) -> NDArray[np.int16]:
    """The samples as int16, (samples, channels); FeatureError when some are not finite.

    >>> pcm16(Audio(np.float32([[0.5, -1.0, 1.0]]), 8000)).T.tolist()
    [[16384, -32768, 32767]]
    """
    scaled = audio.samples.T * np.float32(FULL_SCALE)
    if not np.isfinite(scaled).all():
        raise FeatureError("samples that are not finite cannot be stored in 16 bits")
    np.rint(scaled, out=scaled)
    np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1, out=scaled)
    return np.ascontiguousarray(scaled, np.int16)


def clipped(audio: Audio) -> int:
    """How many samples are beyond what 16 bits hold, and change by more than half a step when encoded."""
    scaled = audio.samples * np.float32(FULL_SCALE)
    return int(np.count_nonzero((scaled >= FULL_SCALE - 0.5) | (scaled < -FULL_SCALE - 0.5)))


def flac(audio: Audio) -> bytes:
    """FLAC, 16 bits, libsndfile's default compression; the same samples give the same bytes on the same wheel."""
    import soundfile

    if audio.channels > FLAC_CHANNELS or not 1 <= audio.sample_rate <= FLAC_RATE:
        raise FeatureError(
            f"FLAC holds up to {FLAC_CHANNELS} channels and {FLAC_RATE} Hz; "
            f"this is {audio.channels} channels at {audio.sample_rate} Hz"
        )
    sink = io.BytesIO()
    soundfile.write(sink, pcm16(audio), audio.sample_rate, format="FLAC", subtype="PCM_16")
    return sink.getvalue()


def wav(audio: Audio) -> bytes:
    """WAV, 16-bit PCM."""
    sink = io.BytesIO()
    with wave.open(sink, "wb") as target:
        target.setnchannels(audio.channels)
        target.setsampwidth(2)
        target.setframerate(audio.sample_rate)
        target.writeframes(pcm16(audio).astype("<i2", copy=False).tobytes())
    return sink.getvalue()
