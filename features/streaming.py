"""Streaming: the same result, of a waveform that comes in pieces. For recordings of hours in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Stream(Protocol):
    """One waveform on its way through one stage.

    What all `push` and the one `finish` answer, joined over time, is what the stage makes of the whole waveform, to
    the bit: samples of shape (channels, samples), or frames of shape (frames, bins). Any of them may be empty.
    """

    def push(self, samples: NDArray[np.float32]) -> NDArray[Any]:
        """What is known of the result with these samples, (channels, samples), behind those before."""

    def finish(self) -> NDArray[Any]:
        """What is left, now that the waveform has ended."""


def streamed(stream: Stream, pieces: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[Any]]:
    """The result of a waveform in pieces, in pieces."""
    for piece in pieces:
        yield stream.push(piece)
    yield stream.finish()
