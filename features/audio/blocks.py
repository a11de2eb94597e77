"""Gathering what a decoder gives: block by block, the wanted channels only, into as little memory as there are samples.

The blocks stay in the processor's cache between decoding, mixing and the check for numbers that are not
finite. Memory grows with what was really decoded.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from features.audio.decoders import Decoder

BLOCK = 1 << 16  # values that are decoded at a time: 256 KiB
CHUNK = 1 << 22  # values for which memory is taken at a time: 16 MiB

Pick = Literal["mono", "all"] | int


class NotFinite(Exception):
    """Samples that are NaN or infinite."""


def gather(
    decoder: Decoder, pick: Pick, wanted: int, skip: int = 0, declared: int | None = None
) -> NDArray[np.float32]:
    """At most `wanted` frames behind the first `skip`, as (channels, samples); fewer when the recording ends.

    `declared`, where a header names a length, saves memory for short recordings; it is never trusted.
    `pick`: the mean of the channels, all of them, or one.
    """
    width = decoder.channels if pick == "all" else 1
    block = np.empty((max(BLOCK // decoder.channels, 1), decoder.channels), np.float32)
    while skip > 0:
        done = decoder.read(block[: min(len(block), skip)])
        skip -= done
        if done == 0:
            return np.empty((width, 0), np.float32)
    chunks: list[NDArray[np.float32]] = []
    there, ended = 0, False
    # one frame more than declared, to see whether there is more; without a length, begin small
    length = BLOCK // width if declared is None else declared + 1
    while there < wanted and not ended:
        chunk = np.empty((max(min(length, wanted - there, CHUNK // width), 1), width), np.float32)
        done = _fill(decoder, pick, chunk, block, there)
        ended = done < len(chunk)
        chunks.append(chunk[:done])
        there += done
        length = 2 * there if declared is None else CHUNK
    return _joined(chunks, width, there)


def _fill(decoder: Decoder, pick: Pick, chunk: NDArray[np.float32], block: NDArray[np.float32], before: int) -> int:
    """Fills `chunk`, (frames, channels that are kept); returns how many frames, fewer only at the end."""
    direct = chunk.shape[1] == decoder.channels
    filled = 0
    while filled < len(chunk):
        target = chunk[filled : filled + len(block)]
        if direct:
            done = decoder.read(target)
        else:
            part = block[: len(target)]
            done = decoder.read(part)
            _mix(part[:done], pick, target[:done, 0])
        _all_finite(target[:done], before + filled)
        filled += done
        if done < len(target):
            break
    return filled


def _mix(block: NDArray[np.float32], pick: Pick, out: NDArray[np.float32]) -> None:
    """One channel, or the mean: summed from the first channel to the last, then divided."""
    if isinstance(pick, int):
        out[:] = block[:, pick]
        return
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is found behind this
        out[:] = block[:, 0]
        for channel in range(1, block.shape[1]):
            out += block[:, channel]
        out /= np.float32(block.shape[1])


def _all_finite(block: NDArray[np.float32], before: int) -> None:
    if block.size and not (math.isfinite(block.max()) and math.isfinite(block.min())):
        bad = ~np.isfinite(block)
        first = int(np.flatnonzero(bad.any(axis=1))[0])
        raise NotFinite(f"{int(bad.sum())} samples are not finite, the first of them near sample {before + first}")


def _joined(chunks: list[NDArray[np.float32]], width: int, frames: int) -> NDArray[np.float32]:
    if width == 1 and len(chunks) == 1:
        (whole,) = chunks
        return whole.reshape(1, frames)
    joined, at = np.empty((width, frames), np.float32), 0
    chunks.reverse()
    while chunks:
        chunk = chunks.pop()  # freed as soon as it is copied
        joined[:, at : at + len(chunk)] = chunk.T
        at += len(chunk)
    return joined
