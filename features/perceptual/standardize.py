"""Standardize: zero mean and unit variance of each bin over all of train, known as global CMVN.

Unlike `normalize_features`, which looks at one example, it keeps what tells examples apart: a quiet one stays quiet.
The statistics are those of the train split, whatever split is heard, and travel with the model.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from pydantic import Field, PrivateAttr

from features.draws import Draws
from features.errors import ChainError, FeatureError
from features.example import Example, Features
from features.moments import Moments
from features.resources import Resources
from features.stage import FeatureShape, FittedStage, Transform

_STILL = 1e-6  # a bin whose deviation is that small beside its mean varies by rounding alone


class Standardize(Transform, FittedStage):
    """Features, (frames, bins), whose bins have a mean of 0 and a variance of 1 over train; a bin that is still is 0.

    It is one of the `stages` of a training configuration. Its statistics are those that the store keeps (`statistics`
    in its recipe); where it keeps none, they are taken in a pass over train before training.
    """

    name: ClassVar[str] = "standardize"
    version: ClassVar[int] = 1
    reads = Features
    on_arrays = True
    shown = ({"log_mel": {}}, {"standardize": {}})

    of: str = Field("log_mel", description="Name of the features that are read.")
    per_bin: bool = Field(True, description="Each bin by its own statistics, or all by those of all bins together.")
    variance: bool = Field(True, description="Whether each bin is divided by its standard deviation.")

    _moments: Moments | None = PrivateAttr(None)

    def fit(self, examples: Iterable[Example]) -> str:
        found = Moments()
        for example in examples:
            found.add(example.features(self.of).frames)
        return found.encode()

    def bind(self, resources: Resources, label: str) -> Standardize:
        if label not in resources.fitted:
            raise FeatureError(f"{label}: there are no statistics of {self.of!r} in train; the loader takes them")
        bound, found = self.model_copy(), Moments.decode(resources.fitted[label])
        bound._moments = found if self.per_bin else found.over_bins()
        return bound

    def shape(self, before: FeatureShape) -> FeatureShape:
        if self._moments is not None and before.bins != len(self._moments.mean):
            raise ChainError(f"{self.of!r} has {before.bins} bins, and the statistics {len(self._moments.mean)}", "of")
        return before

    def transform(self, value: Features, draws: Draws) -> Features:
        assert self._moments is not None
        mean, deviation = self._moments.mean, self._moments.deviation
        still = deviation <= _STILL * np.abs(mean)
        scale = np.where(still, 0, 1 / np.where(still, 1, deviation)) if self.variance else np.ones_like(mean)
        frames = (value.frames - mean.astype(np.float32)) * scale.astype(np.float32)
        return Features(frames, value.frame_rate)
