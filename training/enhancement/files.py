"""Files that are denoised piece by piece: at their own rate, channel by channel, in memory that hours do not fill."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from features.streaming import stream_chain
from training.errors import PredictError
from training.fitted import Fitted
from training.listening import Heard, listen, resampling
from training.models.streaming import StreamingDenoiser


class Denoising:
    """The stream (features.streaming.Stream) of a model of one channel, for each channel of a recording."""

    def __init__(self, model: Any, channels: int) -> None:
        self._streams = [StreamingDenoiser(model) for _ in range(channels)]

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        pairs = zip(self._streams, samples, strict=True)
        return np.stack([stream.feed(torch.from_numpy(channel.copy())).numpy() for stream, channel in pairs])

    def finish(self) -> NDArray[np.float32]:
        return np.stack([stream.finish().numpy() for stream in self._streams])


def enhance_file(fitted: Fitted, sample_rate: int, path: Path, out: Path | None) -> dict[str, Any]:
    """Writes what the model makes of a file as WAV, at the file's rate, length and channels; says what was done.

    `sample_rate` is the model's. The WAV has 16 bits, and lies in the folder `out`, by default the current one, as
    NAME.clean.wav. PredictError, with the reason, where the file cannot be used or `out` be written.
    """
    heard, started = listen(path), time.monotonic()
    target = (out or Path()) / f"{path.stem}.clean.wav"
    target.parent.mkdir(parents=True, exist_ok=True)
    samples, clipped = write_wav(target, enhanced(fitted, sample_rate, heard), heard)
    seconds, took = samples / heard.sample_rate, time.monotonic() - started
    summary = f"{target} ({seconds:.1f} s, real-time factor {took / max(seconds, 1e-9):.3f})"
    summary += f"; {clipped} samples were beyond full scale" if clipped else ""
    facts = {"out": str(target), "seconds": seconds, "sample_rate": heard.sample_rate, "channels": heard.channels}
    return {**facts, "clipped": clipped, "real_time_factor": took / max(seconds, 1e-9), "summary": summary}


def enhanced(fitted: Fitted, sample_rate: int, heard: Heard) -> Iterator[NDArray[np.float32]]:
    """The clean pieces of a recording, in all exactly as many samples as it has."""
    count = _Count()
    to, back = (heard.sample_rate, sample_rate), (sample_rate, heard.sample_rate)
    streams = [
        resampling(heard.channels, *to),
        Denoising(fitted.model, heard.channels),
        resampling(heard.channels, *back),
    ]
    told = 0
    for piece in stream_chain(streams, count.of(heard.pieces)):
        kept = piece[:, : count.samples - told]
        told += kept.shape[1]
        yield kept
    if told < count.samples:  # rates that do not divide each other round at the end
        yield np.zeros((heard.channels, count.samples - told), np.float32)


def write_wav(target: Path, pieces: Iterator[NDArray[np.float32]], heard: Heard) -> tuple[int, int]:
    """Writes pieces (channels, samples) as WAV of 16 bits, whole or not at all: how many samples, how many clipped."""
    import soundfile

    temporary = target.with_name(f".{target.name}.tmp")
    samples = clipped = 0
    try:
        with soundfile.SoundFile(temporary, "w", heard.sample_rate, heard.channels, "PCM_16", format="WAV") as sink:
            for piece in pieces:
                scaled = np.rint(piece.T * np.float32(32768))
                clipped += int(np.count_nonzero((scaled > 32767) | (scaled < -32768)))
                sink.write(np.clip(scaled, -32768, 32767).astype(np.int16))
                samples += piece.shape[1]
        os.replace(temporary, target)
    except (OSError, soundfile.LibsndfileError) as error:
        raise PredictError(f"{target}: cannot be written: {error}") from error
    finally:
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
