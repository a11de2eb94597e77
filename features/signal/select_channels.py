"""SelectChannels: some channels of several, in the order that is wanted: a microphone of an array, a speaker."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio
from features.stage import AudioShape, Rejected, Transform
from features.streaming import Pointwise, Stream


class SelectChannels(Transform):
    """Audio of the listed channels.

    >>> audio = Audio(np.float32([[1, 2], [3, 4]]), 8000)
    >>> SelectChannels(channels=[1]).transform(audio, Draws(0, "select_channels", 0, "key", 0)).samples.tolist()
    [[3.0, 4.0]]
    """

    name: ClassVar[str] = "select_channels"
    version: ClassVar[int] = 1
    shown = ({"select_channels": {"of": "ambisonics", "channels": [0, 3]}},)

    channels: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        min_length=1, description="The channels of the result, in order, each by its number from 0."
    )

    def shape(self, before: AudioShape) -> AudioShape:
        if before.channels is not None and max(self.channels) >= before.channels:
            raise ChainError(self._missing(before.channels), "channels")
        return AudioShape(before.sample_rate, len(self.channels), before.samples)

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        return Pointwise(self._selected, before.channels)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        if max(self.channels) >= value.channels:
            return Rejected(self._missing(value.channels))
        return Audio(self._selected(value.samples), value.sample_rate)

    def _selected(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ascontiguousarray(samples[list(self.channels)])

    def _missing(self, there: int) -> str:
        return f"select_channels wants channel {max(self.channels)}, counted from 0, and {self.of} has {there}"
