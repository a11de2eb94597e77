"""Telephone: a recording as it comes out of a fixed line: 300 to 3400 Hz (ITU-T G.712), 8 kHz, mu-law (ITU-T G.711)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.signal

from features.augment.filtering import butterworth
from features.augment.lossy import through_mu_law
from features.draws import Draws
from features.example import Audio
from features.signal.levels import finite
from features.signal.resample import resample
from features.stage import Augmentation, Rejected

SAMPLE_RATE = 8000
BAND_HZ = (300.0, 3400.0)
_ORDER = 4


class Telephone(Augmentation):
    """Audio after a telephone line, at the rate and the length that it had; what is beyond full scale is clipped."""

    name: ClassVar[str] = "telephone"
    version: ClassVar[int] = 1
    shown = ({"telephone": {"act_on": "all"}},)

    def transform(self, value: Audio, draws: Draws) -> Audio | Rejected:
        narrow = resample(np.clip(value.samples, -1, 1), value.sample_rate, SAMPLE_RATE)
        if not narrow.size:
            return Rejected(f"{value.samples.shape[1]} samples are too few for a telephone line")
        sections = butterworth(_ORDER, BAND_HZ, "bandpass", SAMPLE_RATE)
        line = np.asarray(scipy.signal.sosfilt(sections, narrow, axis=1), np.float32)
        heard = resample(through_mu_law(line), SAMPLE_RATE, value.sample_rate)[:, : value.samples.shape[1]]
        samples = np.zeros(value.samples.shape, np.float32)
        samples[:, : heard.shape[1]] = heard
        return finite(Audio(samples, value.sample_rate))
