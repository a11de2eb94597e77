"""Listening: an audio file of any format and length, decoded block by block, for what answers as it hears.

The encoded bytes are in memory as a whole, the decoded ones never are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.audio.decode import disagreement, shortfall
from features.audio.decoders import Decoder, DecoderError, open_decoder
from features.audio.probe import Probe, probe
from features.signal.resample import Resample
from features.stage import AudioShape
from features.streaming import Stream
from training.errors import PredictError

BLOCK = 1 << 16
"""Frames that are decoded at a time."""

Pieces = Iterator[NDArray[np.float32]]


@dataclass(frozen=True)
class Heard:
    """An opened recording: its `sample_rate` in Hz, its channels, and its samples in pieces (channels, samples)."""

    path: Path
    sample_rate: int
    channels: int
    pieces: Pieces


def listen(path: str | Path) -> Heard:
    """Opens a file; PredictError, with the reason, where it is no audio, ends early, or cannot be decoded.

    Damage that shows only later is raised from the pieces.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise PredictError(f"{path}: cannot be read: {error.strerror}") from error
    found = probe(data)
    if found.fault or found.verdict in ("truncated", "damaged"):
        raise PredictError(f"{path}: {found.fault or f'{found.verdict}: {found.reason}'}")
    try:
        decoder = open_decoder(data[found.start :] if found.start else data, found, whole=True)
    except DecoderError as error:
        raise PredictError(f"{path}: {error}") from error
    wrong = "it holds no samples" if decoder.sample_rate == 0 else disagreement(found, decoder)
    if wrong:
        decoder.close()
        raise PredictError(f"{path}: {wrong}")
    return Heard(Path(path), decoder.sample_rate, decoder.channels, _pieces(decoder, found, path))


def resampling(channels: int, from_rate: int, to_rate: int) -> Stream:
    """The stream of `resample`."""
    draws: Any = None  # it draws nothing
    return Resample(sample_rate=to_rate).stream(AudioShape(from_rate, channels), draws)


def _pieces(decoder: Decoder, found: Probe, path: str | Path) -> Pieces:
    there, done = 0, BLOCK
    try:
        while done == BLOCK:
            block = np.empty((BLOCK, decoder.channels), np.float32)
            done = decoder.read(block)
            if not np.isfinite(block[:done]).all():
                raise PredictError(f"{path}: it holds samples that are not finite")
            there += done
            if done:
                yield np.ascontiguousarray(block[:done].T)
        short = shortfall(found, decoder, there)
        if short:  # a decoder passes over frames that it cannot read
            raise PredictError(f"{path}: {short}")
    except DecoderError as error:
        raise PredictError(f"{path}: {error}") from error
    finally:
        decoder.close()
