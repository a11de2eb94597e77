"""Files that are denoised piece by piece: at their own rate, channel by channel, in memory that hours do not fill."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from features.streaming import StreamRejected, stream_chain
from training.errors import PredictError
from training.listening import Heard, listen, resampling
from training.models.streaming import StreamingDenoiser

LARGEST = 0xFFFFFFFF - 100
"""Bytes of samples that a WAV can hold: its sizes have 32 bits."""


class Denoising:
    """The stream (features.streaming.Stream) of a model of one channel, for each channel of a recording."""

    def __init__(self, model: Any, channels: int) -> None:
        self._streams = [StreamingDenoiser(model) for _ in range(channels)]

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        pairs = zip(self._streams, samples, strict=True)
        return np.stack([stream.feed(torch.from_numpy(channel.copy())).numpy() for stream, channel in pairs])

    def finish(self) -> NDArray[np.float32]:
        return np.stack([stream.finish().numpy() for stream in self._streams])


def enhance_file(model: Any, sample_rate: int, path: Path, target: Path) -> dict[str, Any]:
    """Writes what the model makes of a file into `target`, at the file's rate, length and channels; says what was done.

    `sample_rate` is the model's. The result is WAV of 16 bits, whatever the file has. PredictError, with the reason,
    where the file cannot be used or the target be written.
    """
    heard, started = listen(path), time.monotonic()
    samples, clipped = write_wav(target, enhanced(model, sample_rate, heard), heard)
    seconds = samples / heard.sample_rate
    factor = (time.monotonic() - started) / max(seconds, 1 / heard.sample_rate)
    summary = f"{target} ({seconds:.1f} s, real-time factor {factor:.3f})"
    summary += f"; {clipped} samples were beyond full scale" if clipped else ""
    facts = {"out": str(target), "seconds": seconds, "sample_rate": heard.sample_rate, "channels": heard.channels}
    return {**facts, "clipped": clipped, "real_time_factor": factor, "summary": summary}


def enhanced(model: Any, sample_rate: int, heard: Heard) -> Iterator[NDArray[np.float32]]:
    """The clean pieces of a recording, in all exactly as many samples as it has; `sample_rate` is the model's."""
    count, channels = _Count(), heard.channels
    streams = [
        resampling(channels, heard.sample_rate, sample_rate),
        Denoising(model, channels),
        resampling(channels, sample_rate, heard.sample_rate),
    ]
    told = 0
    try:
        for piece in stream_chain(streams, count.of(heard.pieces)):
            if not np.isfinite(piece).all():
                raise PredictError(f"{heard.path}: the model answers with samples that are no numbers")
            kept = piece[:, : count.samples - told]
            told += kept.shape[1]
            yield kept
    except StreamRejected as error:
        raise PredictError(f"{heard.path}: {error}") from error
    if not count.samples:
        raise PredictError(f"{heard.path}: it holds no samples")
    if told < count.samples:  # rates that do not divide each other round at the end
        yield np.zeros((channels, count.samples - told), np.float32)


def write_wav(target: Path, pieces: Iterator[NDArray[np.float32]], heard: Heard) -> tuple[int, int]:
    """Writes pieces (channels, samples) as WAV of 16 bits, whole or not at all: how many samples, how many clipped."""
    import soundfile

    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    samples = clipped = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with soundfile.SoundFile(temporary, "w", heard.sample_rate, heard.channels, "PCM_16", format="WAV") as sink:
            for piece in pieces:
                samples += piece.shape[1]
                if 2 * samples * heard.channels > LARGEST:
                    raise PredictError(f"{heard.path}: longer than a WAV can be; cut it into parts")
                scaled = np.rint(piece.T * np.float32(32768))
                clipped += int(np.count_nonzero((scaled > 32767) | (scaled < -32768)))
                sink.write(np.clip(scaled, -32768, 32767).astype(np.int16))
        os.replace(temporary, target)
    except (OSError, soundfile.LibsndfileError) as error:
        raise PredictError(f"{target}: cannot be written: {error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return samples, clipped


class _Count:
    """Counts samples as they pass."""

    def __init__(self) -> None:
        self.samples = 0

    def of(self, pieces: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        for piece in pieces:
            self.samples += piece.shape[1]
            yield piece
