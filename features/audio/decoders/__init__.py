"""Which decoder reads what. Each is imported on first use, so a build of WAV never loads those of MP4.

WAV of 16-bit integers is read as it lies. A whole FLAC goes to miniaudio when its header declares a total: miniaudio
passes over broken frames without a word, and the total shows it. libsndfile reports them; it takes spans of FLAC, FLAC
without a total, and what else it knows. The rest, and what they refuse to open, goes to PyAV where that extra is
installed.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features.audio.containers import Probe

SOUNDFILE = ("wav", "flac", "ogg", "mp1", "mp2", "mp3", "aiff", "au", "caf", "w64", "sph", "voc", "pvf", "wve", "avr")


MINIAUDIO_BITS = 24  # a float32 holds no more; below that, it is exact


class DecoderError(Exception):
    """A decoder refused the bytes; the message names the decoder and says what it said."""


class Decoder(Protocol):
    """An opened recording, read once from front to back."""

    name: str
    sample_rate: int
    channels: int
    frames: int | None
    """The length that the decoder derives from the container, where it does."""

    exact_seek: bool
    """Whether a seek gives the very samples that decoding up to that frame gives."""

    def seek(self, frame: int) -> None:
        """Goes to that frame; only called before the first read, and where it is exact."""

    def read(self, out: NDArray[np.float32]) -> int:
        """Fills `out`, (frames, channels), and returns how many frames; fewer than asked for only at the end."""

    def close(self) -> None:
        """Frees what the decoder holds."""


def open_decoder(data: bytes, probe: Probe, whole: bool) -> Decoder:
    """The pinned decoder for such bytes, opened; DecoderError when none can read them.

    `whole`: everything up to the end will be read, so that the total can be checked.
    """
    refusals = []
    for module in _decoders(probe, whole):
        if module == "with_av" and find_spec("av") is None:
            refusals.append(f"reading {probe.container} needs PyAV: pip install 'wavemill[containers]'")
            continue
        try:
            decoder: Decoder = import_module(f"{__name__}.{module}").open_decoder(data, probe)
            return decoder
        except DecoderError as refused:
            refusals.append(str(refused))
    raise DecoderError("; ".join(refusals))


def _decoders(probe: Probe, whole: bool) -> tuple[str, ...]:
    if probe.plain_at is not None:
        return ("with_numpy",)
    if probe.container == "flac" and whole and probe.frames and (probe.bits or 0) <= MINIAUDIO_BITS:
        return "with_miniaudio", "with_soundfile", "with_av"
    return ("with_soundfile", "with_av") if probe.container in SOUNDFILE else ("with_av",)
