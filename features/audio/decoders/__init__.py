"""Which decoder reads what. Each is imported on first use, so a build of WAV never loads those of MP4.

FLAC up to 16 bits goes to miniaudio when its header declares a total: it passes over broken frames without a
word, and the total shows it. libsndfile reports them, and takes every other FLAC, and what else it knows. The
rest, and what libsndfile refuses to open, goes to PyAV where that extra is installed.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features.audio.containers import Probe

SOUNDFILE = ("wav", "flac", "ogg", "mp1", "mp2", "mp3", "aiff", "au", "caf", "w64", "sph", "voc", "pvf", "wve", "avr")
EXACT_SEEK = (
    "pcm",
    "float",
    "alaw",
    "ulaw",
    "flac",
    "vorbis",
)  # codecs where a seek gives what decoding up to it gives


class DecoderError(Exception):
    """A decoder refused the bytes; the message names the decoder and says what it said."""


class Decoder(Protocol):
    """An opened recording, read once from front to back."""

    name: str
    sample_rate: int
    channels: int
    frames: int | None
    """The length that the decoder derives from the container, where it does."""

    def seek(self, frame: int) -> None:
        """Goes to that frame; only called before the first read, for codecs in EXACT_SEEK."""

    def read(self, out: NDArray[np.float32]) -> int:
        """Fills `out`, (frames, channels), and returns how many frames; fewer than asked for only at the end."""

    def close(self) -> None:
        """Frees what the decoder holds."""


def open_decoder(data: bytes, probe: Probe, whole: bool) -> Decoder:
    """The pinned decoder for such bytes, opened; DecoderError when none can read them.

    `whole`: everything up to the end will be read, so that the total can be checked.
    """
    if probe.container == "flac" and whole and probe.frames and (probe.bits or 0) <= 16:
        return _open("with_miniaudio", data, probe)
    if probe.container not in SOUNDFILE:
        return _open_av(data, probe, "")
    try:
        return _open("with_soundfile", data, probe)
    except DecoderError as refused:
        return _open_av(data, probe, f"{refused}; ")


def _open_av(data: bytes, probe: Probe, before: str) -> Decoder:
    if find_spec("av") is None:
        raise DecoderError(f"{before}reading {probe.container} needs PyAV: pip install 'wavemill[containers]'")
    try:
        return _open("with_av", data, probe)
    except DecoderError as refused:
        raise DecoderError(f"{before}{refused}") from refused


def _open(module: str, data: bytes, probe: Probe) -> Decoder:
    decoder: Decoder = import_module(f"features.audio.decoders.{module}").open_decoder(data, probe)
    return decoder
