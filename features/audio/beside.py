"""Beside: other files of the same moment, such as the clean speech beside the noisy, as arrays that go together."""

from __future__ import annotations

import numpy as np

from features.example import Audio

TOLERANCE_SECONDS = 0.02
"""Codecs and cutters leave some samples more or fewer at the end; what differs by more is of another moment."""


class Apart(Exception):
    """Why what is beside a recording does not go with it."""


def together(beside: Audio, audio: Audio) -> Audio:
    """What is beside a recording with as many samples as that has: cut at its end, or with silence behind it.

    Apart for another rate, and for a length that differs by more than TOLERANCE_SECONDS.

    >>> together(Audio(np.ones((1, 1001), np.float32), 8000), Audio(np.ones((1, 1000), np.float32), 8000)).samples.shape
    (1, 1000)
    """
    if beside.sample_rate != audio.sample_rate:
        raise Apart(f"{beside.sample_rate} Hz, where the recording has {audio.sample_rate}")
    there, wanted = beside.samples.shape[1], audio.samples.shape[1]
    if abs(there - wanted) > TOLERANCE_SECONDS * audio.sample_rate:
        raise Apart(f"{beside.seconds:.3f} s, where the recording has {audio.seconds:.3f}")
    if there == wanted:
        return beside
    samples = np.zeros((beside.channels, wanted), np.float32)
    samples[:, :there] = beside.samples[:, :wanted]
    return Audio(samples, beside.sample_rate)
