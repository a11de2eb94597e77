"""WAV, FLAC, Ogg, MP3 and some twenty more through soundfile (libsndfile)."""

from __future__ import annotations

import io
import os
import struct

import numpy as np
import soundfile
from numpy.typing import NDArray

from features.audio.containers import Probe
from features.audio.decoders import DecoderError

EXACT_SEEK = (
    "pcm",
    "float",
    "alaw",
    "ulaw",
    "flac",
    "vorbis",
)  # by codec: ADPCM, Opus and MP3 depend on what was before

IN_FILE = 16 << 20  # bytes, at most: they are there twice


class _Forward(soundfile.SoundFile):  # type: ignore[misc]
    """A file that is read once, from front to back.

    soundfile seeks after each read of a seekable file, which changes the samples of MP3 at each border of
    a block, and it stops at the length that the header claims.
    """

    def seekable(self) -> bool:
        return False


class _Bytes(io.BytesIO):
    """Bytes for libsndfile, which may seek to before the beginning when a header lies."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return super().seek(max(offset, 0) if whence == io.SEEK_SET else offset, whence)


class SoundFileDecoder:
    """Anything that libsndfile opens."""

    name = f"libsndfile {soundfile.__libsndfile_version__}"

    def __init__(self, data: bytes, exact_seek: bool, in_file: bool = False) -> None:
        """`in_file`: libsndfile reads so often that it is better given a file than called back for each piece."""
        self.exact_seek = exact_seek
        self._descriptor = _in_file(data) if in_file else None
        try:
            self._file = _Forward(_Bytes(data) if self._descriptor is None else self._descriptor, closefd=False)
        except soundfile.LibsndfileError as error:
            self._forget()
            raise DecoderError(f"{self.name}: {_said(error)}") from error
        self.sample_rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.frames = int(self._file.frames)

    def seek(self, frame: int) -> None:
        if frame > self._file.frames:
            frame = self._file.frames
        try:
            self._file.seek(frame)
        except soundfile.LibsndfileError as error:
            raise DecoderError(f"{self.name}: cannot seek to frame {frame}: {_said(error)}") from error

    def read(self, out: NDArray[np.float32]) -> int:
        try:
            return len(self._file.read(out=out))
        except soundfile.LibsndfileError as error:
            raise DecoderError(f"{self.name}: {_said(error)}") from error

    def close(self) -> None:
        self._file.close()
        self._forget()

    def _forget(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _in_file(data: bytes) -> int | None:
    """A file in memory that holds the bytes, without a name; None where the system has none, or no room for it."""
    if not hasattr(os, "memfd_create"):
        return None
    descriptor = None
    try:
        descriptor = os.memfd_create("audio")
        whole = os.write(descriptor, data) == len(data)
        os.lseek(descriptor, 0, os.SEEK_SET)
    except OSError:
        whole = False
    if descriptor is not None and not whole:
        os.close(descriptor)
    return descriptor if whole else None


def open_decoder(data: bytes, probe: Probe) -> SoundFileDecoder:
    """DecoderError when libsndfile does not know or take the bytes."""
    if probe.size_at is not None:
        # libsndfile would read nothing at all: name what is there, as far as 32 bits can
        size = min(len(data) - probe.size_at - 4, 0xFFFFFFFF)
        field = struct.pack(">I" if data[:4] == b"RIFX" else "<I", size)
        data = b"".join((data[: probe.size_at], field, data[probe.size_at + 4 :]))
    known = probe.codec in EXACT_SEEK and probe.container in ("wav", "flac", "ogg") and probe.frames is not None
    frame_by_frame = probe.container in ("mp1", "mp2", "mp3") and len(data) <= IN_FILE
    return SoundFileDecoder(data, known, frame_by_frame)


def _said(error: soundfile.LibsndfileError) -> str:
    return str(error.error_string).strip() or f"error {error.code}"
