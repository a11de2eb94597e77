"""MixChannels: channels as weighted sums of channels: one of many, mid and side, another layout.

y[i] = sum over j of w[i, j] x[j], added from the first channel to the last. Mid and side are (left + right) / 2 and
(left - right) / 2, Blumlein's sum and difference (British patent 394,325, 1933).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio
from features.signal.levels import finite
from features.stage import AudioShape, Rejected, Transform
from features.streaming import Pointwise, Stream, all_finite

Weight = Annotated[float, Field(ge=-1000, le=1000)]
Row = Annotated[tuple[Weight, ...], Field(min_length=1)]

_MID_SIDE = ((0.5, 0.5), (0.5, -0.5))


class MixChannels(Transform):
    """Audio whose channels are the mean of all, mid and side of two, or weighted sums.

    >>> audio = Audio(np.float32([[1, 2], [3, 6]]), 8000)
    >>> MixChannels().transform(audio, Draws(0, "mix_channels", 0, "key", 0)).samples.tolist()
    [[2.0, 4.0]]
    >>> MixChannels(to="mid_side").transform(audio, Draws(0, "mix_channels", 0, "key", 0)).samples.tolist()
    [[2.0, 4.0], [-1.0, -2.0]]
    """

    name: ClassVar[str] = "mix_channels"
    version: ClassVar[int] = 1
    shown = ({"mix_channels": {"of": "stereo", "to": "mid_side"}},)

    to: Literal["mean", "mid_side"] | Annotated[tuple[Row, ...], Field(min_length=1)] = Field(
        "mean",
        description="mean: one channel, as decode makes it with `mono`; mid_side: two of two; or weights, a row for "
        "each channel of the result with a number, -1000 to 1000, for each channel that is read: [[1, -1]].",
    )

    def shape(self, before: AudioShape) -> AudioShape:
        if before.channels is not None and (trouble := self._trouble(before.channels)):
            raise ChainError(trouble, "to")
        return AudioShape(before.sample_rate, 1 if self.to == "mean" else len(self._rows(1)), before.samples)

    def stream(self, before: AudioShape, draws: Draws) -> Stream:
        return Pointwise(lambda samples: all_finite(self._mixed(samples)), before.channels)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        if trouble := self._trouble(value.channels):
            return Rejected(trouble)
        return finite(Audio(self._mixed(value.samples), value.sample_rate))

    def _rows(self, channels: int) -> Sequence[Sequence[float]]:
        if self.to == "mean":
            return [[1.0] * channels]
        return _MID_SIDE if self.to == "mid_side" else self.to

    def _trouble(self, channels: int) -> str | None:
        wanted = {len(row) for row in self._rows(channels)}
        if wanted == {channels}:
            return None
        return f"mix_channels.to is for {' or '.join(map(str, sorted(wanted)))} channels, and {self.of} has {channels}"

    def _mixed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = self._rows(len(samples))
        mixed = np.empty((len(rows), samples.shape[1]), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for result, weights in zip(mixed, rows, strict=True):
                np.multiply(samples[0], np.float32(weights[0]), out=result)
                for channel, weight in zip(samples[1:], weights[1:], strict=True):
                    result += channel * np.float32(weight)
            if self.to == "mean":  # added, then divided, as decode does
                mixed /= np.float32(len(samples))
        return mixed
