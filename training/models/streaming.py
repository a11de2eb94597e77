"""StreamingDenoiser: a waveform in pieces of any size, and the answer of the whole as it comes, in bounded memory."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from training.errors import DataError

BLOCKS_AT_ONCE = 256
"""The longest run of blocks that the model sees: about four seconds. A longer piece takes no more memory."""


class Streamable(Protocol):
    """A model of blocks: `step` answers each block of `hop` samples with the one before it."""

    hop: int
    training: bool

    def begin(self, batch: int) -> Any: ...

    def step(self, heard: Tensor, state: Any) -> tuple[Tensor, Any]: ...


class StreamingDenoiser:
    """Feeds one recording to a model piece by piece; the pieces of the answer, joined, are the model's offline answer.

    The answer lags by one to two blocks: of the samples heard, `feed` withholds those whose second frame is not full.
    DataError for a model that still trains, whose normalisations would depend on the pieces.

        stream = StreamingDenoiser(model)
        clean = [stream.feed(piece) for piece in pieces] + [stream.finish()]
    """

    def __init__(self, model: Streamable) -> None:
        if model.training:
            raise DataError("a model that streams must be put into evaluation first: model.eval()")
        self.model = model
        self._start()

    def feed(self, piece: Tensor) -> Tensor:
        """The next samples (any number,) float32 to those of the answer that are certain now (as many or fewer,)."""
        if piece.ndim != 1:
            raise DataError(f"a stream takes samples in one dimension, got a shape of {tuple(piece.shape)}")
        self._heard += len(piece)
        return self._run(torch.cat([self._rest, piece]) if len(self._rest) else piece)

    def finish(self) -> Tensor:
        """What is left of the answer when no more comes; the stream is then ready for another recording."""
        missing = self._heard - self._told
        filler = 2 * self.model.hop - len(self._rest)
        last = self._run(torch.cat([self._rest, self._rest.new_zeros(filler)]))[:missing]
        self._start()
        return last

    def _start(self) -> None:
        self._state = self.model.begin(1)
        self._rest = torch.zeros(0)
        self._heard = self._told = 0
        self._answered = False

    @torch.inference_mode()
    def _run(self, samples: Tensor) -> Tensor:
        """The answers to all whole blocks of the samples; what is left of a block waits."""
        hop = self.model.hop
        whole = len(samples) // hop
        told = []
        for first in range(0, whole, BLOCKS_AT_ONCE):
            blocks = samples[first * hop : min(first + BLOCKS_AT_ONCE, whole) * hop].reshape(1, -1, hop)
            answer, self._state = self.model.step(blocks, self._state)
            told.append(answer.reshape(-1)[0 if self._answered else hop :])  # what was before the start is not told
            self._answered = True
        self._rest = samples[whole * hop :].clone()
        joined = torch.cat(told) if told else samples[:0]
        self._told += len(joined)
        return joined
