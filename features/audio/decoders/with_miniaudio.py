"""FLAC through miniaudio (dr_flac): bit-exact up to 24 bits, and the fastest there is.

The high-level functions of miniaudio take memory for as many frames as the header claims; these calls of the
same library take none. A frame whose checksum is wrong is passed over in silence: compare with the total.
"""

from __future__ import annotations

import miniaudio
import numpy as np
from numpy.typing import NDArray

from features.audio.containers import Probe
from features.audio.decoders import DecoderError


class FlacDecoder:
    """A FLAC stream in memory."""

    name = f"miniaudio {miniaudio.__version__}"
    frames = None
    exact_seek = True

    def __init__(self, data: bytes) -> None:
        self._data = data  # dr_flac keeps a pointer into it
        self._flac = miniaudio.lib.ma_dr_flac_open_memory(
            miniaudio.ffi.from_buffer(data), len(data), miniaudio.ffi.NULL
        )
        if not self._flac:
            raise DecoderError(f"{self.name}: no FLAC stream that it can read")
        self.sample_rate = int(self._flac.sampleRate)
        self.channels = int(self._flac.channels)

    def seek(self, frame: int) -> None:
        if not miniaudio.lib.ma_dr_flac_seek_to_pcm_frame(self._flac, frame):
            raise DecoderError(f"{self.name}: cannot seek to frame {frame}")

    def read(self, out: NDArray[np.float32]) -> int:
        target = miniaudio.ffi.from_buffer("float[]", out)
        return int(miniaudio.lib.ma_dr_flac_read_pcm_frames_f32(self._flac, len(out), target))

    def close(self) -> None:
        if self._flac:
            miniaudio.lib.ma_dr_flac_close(self._flac)
            self._flac = None


def open_decoder(data: bytes, probe: Probe) -> FlacDecoder:
    """DecoderError when the bytes are no FLAC stream that dr_flac takes."""
    return FlacDecoder(data)
