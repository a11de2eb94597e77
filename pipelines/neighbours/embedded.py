"""Embedded: the audio of a recording as bytes to put into another file.

A whole file goes as it is. A span, a channel, or pieces are decoded and written as FLAC: of 16 bits where that keeps
every sample, of 24 elsewhere, which keeps all but what floating-point files hold below a step of 2^-23.
"""

from __future__ import annotations

import io
import posixpath

import numpy as np
import soundfile

from features.audio.encode import FLAC_CHANNELS, FULL_SCALE, flac
from features.example import Audio
from pipelines.errors import LeavingError
from pipelines.neighbours.outgoing import Item, Outgoing


def embedded(outgoing: Outgoing, item: Item) -> tuple[bytes, str]:
    """The encoded audio, and the ending of a name for it."""
    recording, span = item.recording, item.recording.span
    if not recording.pieces and recording.channel is None and span.start == 0 and span.seconds is None:
        extension = posixpath.splitext(span.path)[1].lower() if span.offset is None else ""
        return outgoing.source(item).data, extension
    audio = outgoing.decoded(item)
    if audio.channels > FLAC_CHANNELS:
        raise LeavingError(f"{item.key}: has {audio.channels} channels, and FLAC holds up to {FLAC_CHANNELS}")
    return (flac(audio) if _fits(audio) else _in_24_bits(audio)), ".flac"


def _fits(audio: Audio) -> bool:
    """Whether 16 bits hold every sample."""
    scaled = audio.samples * np.float32(FULL_SCALE)
    return bool((scaled == np.rint(scaled)).all() and (scaled >= -FULL_SCALE).all() and (scaled < FULL_SCALE).all())


def _in_24_bits(audio: Audio) -> bytes:
    steps = np.clip(np.rint(audio.samples.T.astype(np.float64) * (1 << 23)), -(1 << 23), (1 << 23) - 1)
    sink = io.BytesIO()
    soundfile.write(sink, steps.astype(np.int32) << 8, audio.sample_rate, format="FLAC", subtype="PCM_24")
    return sink.getvalue()
