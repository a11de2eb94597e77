"""From an example's arrays to the bytes that a store keeps of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.audio.encode import flac
from features.example import Audio, Example, Features
from features.stage import Rejected
from manifests.spec import ArraySpec
from pipelines.stores.half import to_half
from pipelines.stores.writer import Stored


def store(example: Example, spec: ArraySpec) -> Stored | Rejected:
    """The array of `spec`, time first, in its encoding; a verdict where float16 does not hold it (beyond 65504).

    int16 is round(x * 32768), clipped to what 16 bits hold, as FLAC is; so audio that came from 16 bits is
    kept to the bit. float16 rounds to nearest.
    """
    value = example.arrays[spec.name]
    array: NDArray[Any]
    if isinstance(value, Audio):
        length, width, rate = value.samples.shape[1], value.channels, float(value.sample_rate)
        if spec.encoding == "flac":
            return Stored(flac(value), length, width, rate)
        array = value.samples.T
        if spec.encoding == "int16":
            array = np.clip(np.rint(array * 32768.0), -32768, 32767)
    elif isinstance(value, Features):
        array, (length, width), rate = value.frames, value.frames.shape, value.frame_rate
    else:
        array, length, width, rate = value.ids, len(value.ids), 1, value.rate or 0.0
    if spec.encoding == "float16":
        raw = to_half(array)
        if raw is None:
            return Rejected(f"{spec.name} reaches {np.abs(array).max():.3g}, which float16 does not hold; keep float32")
    else:
        with np.errstate(over="ignore"):
            raw = np.array(array, np.dtype(spec.encoding), order="C")  # a copy: a stage may use its memory again
    little = raw.astype(raw.dtype.newbyteorder("<"), copy=False)
    return Stored(little.reshape(-1).view(np.uint8).data, length, width, rate)
