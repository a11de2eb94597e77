"""MP4, Matroska, AAC and many more through PyAV (FFmpeg), an extra.

The demuxer is named and never guessed: FFmpeg's guess may fall on playlists, which open other files.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.audio.containers import Probe
from features.audio.decoders import DecoderError

DEMUXERS = {
    "mp4": "mov",
    "webm": "matroska",
    "adts": "aac",
    "ogg+video": "ogg",
    "mp1": "mp3",
    "mp2": "mp3",
    "sph": "nistsphere",
}
# Sample formats of FFmpeg: the type, what is taken off, and what the rest is divided by for full scale at 1.0.
FORMATS: dict[str, tuple[type[np.generic], int, float]] = {
    "u8": (np.uint8, 128, 2.0**7),
    "s16": (np.int16, 0, 2.0**15),
    "s32": (np.int32, 0, 2.0**31),
    "s64": (np.int64, 0, 2.0**63),
    "flt": (np.float32, 0, 1.0),
    "dbl": (np.float64, 0, 1.0),
}


class AvDecoder:
    """The first audio stream of anything that FFmpeg opens."""

    frames = None
    exact_seek = False

    def __init__(self, data: bytes, demuxer: str) -> None:
        import av

        self.name = f"PyAV {av.__version__}"
        self._refusal = av.FFmpegError
        try:
            self._container = av.open(io.BytesIO(data), "r", format=demuxer, metadata_errors="ignore")
        except self._refusal as error:
            raise DecoderError(f"{self.name}: {error.strerror}") from error
        if not self._container.streams.audio:
            self.close()
            raise DecoderError(f"{self.name}: it holds no audio stream")
        stream = self._container.streams.audio[0]
        if stream.codec_context is None:
            self.close()
            raise DecoderError(f"{self.name}: its audio codec is not known")
        stream.codec_context.thread_count = 1
        self.sample_rate = self.channels = 0
        self._blocks = self._decoded(stream)
        # what the container says of rate and channels is not what comes out where AAC extends itself (SBR, PS)
        self._left = next(self._blocks, np.zeros((0, 1), np.float32))

    def seek(self, frame: int) -> None:
        raise DecoderError(f"{self.name}: does not seek by samples")

    def read(self, out: NDArray[np.float32]) -> int:
        done = 0
        while done < len(out):
            if not len(self._left):
                block = next(self._blocks, None)
                if block is None:
                    break
                self._left = block
            part = self._left[: len(out) - done]
            out[done : done + len(part)] = part
            self._left = self._left[len(part) :]
            done += len(part)
        return done

    def close(self) -> None:
        self._container.close()

    def _decoded(self, stream: Any) -> Iterator[NDArray[np.float32]]:
        try:
            for frame in self._container.decode(stream):
                rate, channels = frame.sample_rate, frame.layout.nb_channels
                if not self.sample_rate:
                    self.sample_rate, self.channels = rate, channels
                if (rate, channels) != (self.sample_rate, self.channels):
                    before = f"{self.sample_rate} Hz, {self.channels} channels"
                    raise DecoderError(f"{self.name}: {before} become {rate} Hz, {channels} channels half-way")
                yield self._float32(frame)
        except self._refusal as error:
            raise DecoderError(f"{self.name}: {error.strerror}") from error

    def _float32(self, frame: Any) -> NDArray[np.float32]:
        planar = frame.format.is_planar
        kind = frame.format.name[:-1] if planar else frame.format.name
        if kind not in FORMATS:
            raise DecoderError(f"{self.name}: samples of format {frame.format.name}")
        coded, zero, scale = FORMATS[kind]
        values = frame.samples if planar else frame.samples * self.channels
        planes = [np.frombuffer(plane, coded, count=values) for plane in frame.planes]
        block = np.stack(planes, axis=1) if planar else planes[0].reshape(-1, self.channels)
        if coded is np.float32:
            return block
        with np.errstate(over="ignore"):  # a double beyond float32 becomes infinite, and is found so
            return ((block.astype(np.float64) - zero) / scale).astype(np.float32)


def open_decoder(data: bytes, probe: Probe) -> AvDecoder:
    """DecoderError when FFmpeg does not take the bytes, or there is no audio in them."""
    return AvDecoder(data, DEMUXERS.get(probe.container, probe.container))
