"""Framewise: stages that make each row of their result of one frame of the waveform, or of it and those before.

So a waveform that comes in pieces gives the same rows, to the bit, as the whole: see features.streaming.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Features
from features.signal.levels import is_finite
from features.spectral.frames import Framer, Framing
from features.stage import AudioShape, FeatureShape, Rejected, Transform
from features.streaming import Stream, StreamRejected

Kernel = Callable[[NDArray[np.float32], NDArray[np.float32]], Any]
"""Takes the next block of frames, (rows, length), and writes what is made of it, (rows, bins)."""

_TOO_LARGE = "samples too large for a spectrum in float32"


class Framewise(Transform):
    """A transform of one channel to features; subclasses say how the waveform is cut, and what is made of a frame."""

    @abstractmethod
    def bins(self) -> int:
        """Numbers in a row of the result."""

    def framing(self, sample_rate: int | None) -> Framing | None:
        """How a waveform is cut into frames; None where that depends on a rate that is not known."""
        raise NotImplementedError

    def kernel(self, sample_rate: int) -> Kernel:
        """What makes rows of the frames of one waveform, in order; ChainError where the rate does not fit."""
        raise NotImplementedError

    def shape(self, before: AudioShape) -> FeatureShape:
        require_mono(self, before)
        rate = frames = None
        framing = self.framing(before.sample_rate)
        if before.sample_rate is not None:
            self.kernel(before.sample_rate)
            rate = before.sample_rate / framing.hop if framing else None
        if before.samples is not None and framing:
            frames = framing.count(before.samples)
        return FeatureShape(self.bins(), rate, frames)

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        rows = self.rows(value, self.kernel, self.bins())
        return rows if isinstance(rows, Rejected) else Features(rows, self._frame_rate(value.sample_rate))

    def rows(self, audio: Audio, kernel: Callable[[int], Kernel], bins: int) -> NDArray[np.float32] | Rejected:
        """What a kernel for the audio's rate makes of all frames, (frames, bins), or why there is nothing."""
        if refusal := refused(self, audio):
            return refusal
        try:
            write = kernel(audio.sample_rate)
        except ChainError as error:
            return Rejected(str(error))
        framing = self._framing(audio.sample_rate)
        result = _filled(framing.blocks(audio.samples[0]), write, bins)
        if not len(result):
            return Rejected(_too_few(audio.samples.shape[1], framing))
        return result if is_finite(result) else Rejected(_TOO_LARGE)

    def stream(self, before: AudioShape, draws: Draws) -> Stream | None:
        assert before.sample_rate is not None  # the rate is known where a stream is asked for
        return _Rows(self._framing(before.sample_rate), self.kernel(before.sample_rate), self.bins())

    def _framing(self, sample_rate: int) -> Framing:
        framing = self.framing(sample_rate)
        assert framing is not None  # it depends on the rate at most
        return framing

    def _frame_rate(self, sample_rate: int) -> float:
        return sample_rate / self._framing(sample_rate).hop


def require_mono(stage: Transform, before: AudioShape) -> None:
    """ChainError where a stage that reads one channel is given several."""
    if before.channels not in (None, 1):
        raise ChainError(
            f"{stage.name} reads one channel, and {stage.of!r} has {before.channels}: decode to mono", "of"
        )


def refused(stage: Transform, audio: Audio) -> Rejected | None:
    """Why a stage that reads one channel cannot read this, if it cannot."""
    if audio.channels != 1:
        return Rejected(f"{audio.channels} channels, and {stage.name} reads one")
    return None if audio.samples.size else Rejected("no samples")


class _Rows:
    """The rows of a waveform that comes in pieces."""

    def __init__(self, framing: Framing, kernel: Kernel, bins: int) -> None:
        self._framing, self._kernel, self._bins = framing, kernel, bins
        self._framer = Framer(framing)
        self._samples = self._frames = 0

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        self._samples += samples.shape[1]
        return self._made(self._framer.push(samples[0]))

    def finish(self) -> NDArray[np.float32]:
        rows = self._made(self._framer.finish())
        if not self._samples:
            raise StreamRejected("no samples")
        if not self._frames:
            raise StreamRejected(_too_few(self._samples, self._framing))
        return rows

    def _made(self, blocks: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        result = _filled(blocks, self._kernel, self._bins)
        if not is_finite(result):
            raise StreamRejected(_TOO_LARGE)
        self._frames += len(result)
        return result


def _filled(blocks: list[NDArray[np.float32]], kernel: Kernel, bins: int) -> NDArray[np.float32]:
    """What the kernel makes of these blocks, (frames, bins)."""
    result = np.empty((sum(map(len, blocks)), bins), np.float32)
    done = 0
    with np.errstate(over="ignore", invalid="ignore"):
        for frames in blocks:
            kernel(frames, result[done : done + len(frames)])
            done += len(frames)
    return result


def _too_few(samples: int, framing: Framing) -> str:
    return f"{samples} samples are fewer than a frame of {framing.length}"
