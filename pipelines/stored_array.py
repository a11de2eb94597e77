"""A stored array, as stages know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.audio.encode import FULL_SCALE
from features.example import Array, Audio, Features, Tokens
from manifests.spec import ArraySpec


def as_array(values: NDArray[Any], spec: ArraySpec, row: Mapping[str, Any]) -> Array:
    """Values (length, width) as they are stored: waveforms with full scale at 1.0, features in float32.

    The rate is that of the index row, or else of the spec.
    """
    rate = row.get(f"{spec.name}.rate") or spec.rate or 0.0
    rate = rate if rate > 0 else 0.0  # not a number where an index says none
    if spec.kind == "tokens":
        return Tokens(values[:, 0].astype(np.int32), rate or None)
    if spec.kind == "features":
        return Features(values.astype(np.float32), rate)
    samples = np.ascontiguousarray(values.T.astype(np.float32))
    if spec.encoding in ("flac", "int16"):
        samples /= FULL_SCALE
    return Audio(samples, round(rate))
