"""Streaming: the same result, of a waveform that comes in pieces. For recordings of hours in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from features.errors import FeatureError


class Stream(Protocol):
    """One waveform on its way through one stage.

    What all `push` and the one `finish` answer, joined over time, is what the stage makes of the whole waveform, to
    the bit: samples of shape (channels, samples), frames of shape (frames, bins), or tokens of shape (length,). Any of
    them may be empty. Where the stage would reject the whole, one of the two raises StreamRejected.
    """

    def push(self, samples: NDArray[np.float32]) -> NDArray[Any]:
        """What is known of the result with these samples, (channels, samples), behind those before."""

    def finish(self) -> NDArray[Any]:
        """What is left, now that the waveform has ended."""


class StreamRejected(FeatureError):
    """A waveform that comes in pieces cannot be used; the message is the reason that the stage gives for a whole."""

    exit_code = 1


class Pointwise:
    """The stream of a stage that makes each moment of the result of the samples at that moment, and of no others.

    >>> halved = Pointwise(lambda samples: samples / 2, channels=1)
    >>> halved.push(np.float32([[1, 2]])).tolist(), halved.finish().shape
    ([[0.5, 1.0]], (1, 0))
    """

    def __init__(self, function: Callable[[NDArray[np.float32]], NDArray[Any]], channels: int | None) -> None:
        assert channels is not None  # Transform.stream is told
        self._function, self._channels = function, channels

    def push(self, samples: NDArray[np.float32]) -> NDArray[Any]:
        return self._function(samples)

    def finish(self) -> NDArray[Any]:
        return self._function(np.empty((self._channels, 0), np.float32))


def all_finite(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples themselves; StreamRejected where one of them left the range of float32."""
    if not np.isfinite(samples).all():
        raise StreamRejected("samples beyond the range of float32")
    return samples


def streamed(stream: Stream, pieces: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[Any]]:
    """The result of a waveform in pieces, in pieces."""
    for piece in pieces:
        yield stream.push(piece)
    yield stream.finish()


def stream_chain(streams: Iterable[Stream], pieces: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[Any]]:
    """The same through several stages, one behind the other: see Chain.streams, which makes them of a chain.

    >>> pieces = [np.float32([[1, 2]]), np.float32([[3]])]
    >>> twice = [Pointwise(lambda samples: samples / 2, channels=1) for _ in range(2)]
    >>> np.concatenate(list(stream_chain(twice, pieces)), axis=1).tolist()
    [[0.25, 0.5, 0.75]]
    """
    result: Iterator[NDArray[Any]] = iter(pieces)
    for stream in streams:
        result = streamed(stream, result)
    return result
