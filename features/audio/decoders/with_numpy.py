"""WAV of 16-bit integers, without a library: its bytes are the samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.audio.containers import Probe

_STEP = np.float32(2.0**-15)


class PcmDecoder:
    """Samples that lie in memory as little-endian integers; divided by 32768, which is exact."""

    name = f"numpy {np.__version__}"
    exact_seek = True

    def __init__(self, data: bytes, start: int, frames: int, channels: int, sample_rate: int) -> None:
        """`start` is where the first of them lies in `data`."""
        values = np.frombuffer(data, "<i2", frames * channels, start)
        self._samples = values.reshape(frames, channels)
        self._next = 0
        self.frames, self.channels, self.sample_rate = frames, channels, sample_rate

    def seek(self, frame: int) -> None:
        self._next = min(frame, self.frames)

    def read(self, out: NDArray[np.float32]) -> int:
        found = self._samples[self._next : self._next + len(out)]
        np.multiply(found, _STEP, out=out[: len(found)])
        self._next += len(found)
        return len(found)

    def close(self) -> None:
        """Holds nothing that must be freed."""


def open_decoder(data: bytes, probe: Probe) -> PcmDecoder:
    """Of what `probe` found to be plain."""
    assert probe.plain_at is not None
    assert probe.frames is not None
    assert probe.channels is not None
    assert probe.sample_rate is not None
    return PcmDecoder(data, probe.plain_at, probe.frames, probe.channels, probe.sample_rate)
