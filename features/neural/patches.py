"""Patches: tiles of a spectrogram, each flattened to a row, as vision transformers read them.

The patch that begins at frame t and bin f is frames[t : t + patch_frames, f : f + patch_bins], row after row
(Dosovitskiy et al., ICLR 2021; for spectrograms, Gong et al., Interspeech 2021). Patches come in order of time, and
at one time from the lowest bin up; what is left over at the end of either axis is dropped.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.errors import ChainError
from features.example import Features
from features.stage import FeatureShape, Rejected, Transform


class Patches(Transform):
    """Patches of features, (patches, patch_frames * patch_bins); `frame_rate` counts patches per second.

    >>> features = Features(np.arange(12, dtype=np.float32).reshape(4, 3), 100.0)
    >>> Patches(patch_frames=2, patch_bins=3).transform(features, Draws(0, "patches", 0, "key", 0)).frames.tolist()
    [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]]
    """

    name: ClassVar[str] = "patches"
    version: ClassVar[int] = 1
    reads = Features
    writes: ClassVar[str | None] = "patches"
    shown = ({"log_mel": {"floor": 1e-4}}, {"patches": {}})

    of: str = Field("log_mel", description="Name of the features that are read.")
    patch_frames: int = Field(16, ge=1, description="Frames in a patch.")
    patch_bins: int = Field(16, ge=1, description="Bins in a patch.")
    stride_frames: int | None = Field(None, ge=1, description="Frames from patch to patch; by default patch_frames.")
    stride_bins: int | None = Field(None, ge=1, description="Bins from patch to patch; by default patch_bins.")

    def shape(self, before: FeatureShape) -> FeatureShape:
        if before.bins < self.patch_bins:
            raise ChainError(f"{self.of!r} has {before.bins} bins, and a patch has {self.patch_bins}", "patch_bins")
        across = self._across(before.bins)
        rate = None if before.frame_rate is None else self._rate(before.frame_rate, across)
        along = None if before.frames is None else self._along(before.frames)
        return FeatureShape(self.patch_frames * self.patch_bins, rate, None if along is None else along * across)

    def transform(self, value: Features, draws: Draws) -> Features | Rejected:
        frames, bins = value.frames.shape
        if frames < self.patch_frames or bins < self.patch_bins:
            wanted = f"a patch has {self.patch_frames} frames of {self.patch_bins} bins"
            return Rejected(f"{wanted}, and there are {frames} of {bins}")
        tiles = np.lib.stride_tricks.sliding_window_view(value.frames, (self.patch_frames, self.patch_bins))
        picked = tiles[:: self.stride_frames or self.patch_frames, :: self.stride_bins or self.patch_bins]
        rate = self._rate(value.frame_rate, self._across(bins))
        return Features(picked.copy().reshape(-1, self.patch_frames * self.patch_bins), rate)

    def _along(self, frames: int) -> int:
        return max(0, 1 + (frames - self.patch_frames) // (self.stride_frames or self.patch_frames))

    def _across(self, bins: int) -> int:
        return 1 + (bins - self.patch_bins) // (self.stride_bins or self.patch_bins)

    def _rate(self, frame_rate: float, across: int) -> float:
        return frame_rate / (self.stride_frames or self.patch_frames) * across
