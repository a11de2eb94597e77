"""Waves: WAV of 16 bits for a browser to play, and WAV of floats, which loses nothing, to open signals as files are."""

from __future__ import annotations

import io

import soundfile

from features.audio.encode import wav
from features.example import Audio
from features.showing import sound

LONGEST_SECONDS = 60.0
"""Of a recording as it is opened, and as it is played."""


def playable(audio: Audio) -> bytes:
    """WAV of 16 bits, neither loud nor abrupt (features/showing/sound.py)."""
    return wav(sound.playable(audio, LONGEST_SECONDS))


def float_wav(audio: Audio) -> bytes:
    """WAV of 32-bit floats: decoding it gives the very samples."""
    sink = io.BytesIO()
    soundfile.write(sink, audio.samples.T, audio.sample_rate, "FLOAT", format="WAV")
    return sink.getvalue()
