"""FilterSnr: leaves out what is too noisy, by an estimate of the signal-to-noise ratio from the recording alone.

The power of the noise is a low quantile of the powers of short stretches, as in quantile-based noise estimation
(Stahl, Fischer and Bippus, "Quantile based noise estimation for spectral subtraction and Wiener filtering", ICASSP
2000), there for each frequency, here for all of them together:

    SNR = 10 log10((mean - noise) / noise),    noise = 5 % quantile of the mean squares over 20 ms

This is the ratio over the whole recording, pauses included, as add_noise sets it. With steady noise it is met within a
decibel from 0 to 30 dB, where a twentieth of the recording is free of speech at least; noise that comes and goes is
taken for signal in part. WADA-SNR (Kim and Stern, Interspeech 2008) needs no pause, and goes wrong where there are long
ones: it saw 100 dB in recordings of 30 dB whose speech filled a third of them.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.draws import Draws
from features.example import Audio, Example
from features.filters.filter import Filter, frame_power

_SECONDS = 0.02
_QUANTILE = 0.05
_MOST_DB = 100.0  # what cannot be told from a recording without noise


class FilterSnr(Filter):
    """The example as it is where the estimated SNR is `min_snr_db` or more; the notes keep the estimate, `snr_db`."""

    name: ClassVar[str] = "filter_snr"
    version: ClassVar[int] = 1

    min_snr_db: float = Field(10.0, ge=-20, le=100, description="Lowest estimate that stays, in dB.")

    def problem(self, audio: Audio, example: Example, draws: Draws) -> str | None:
        found = snr_db(audio)
        if found is None:
            return "silence"
        draws.remember("snr_db", round(found, 2))
        return f"{found:.1f} dB; min_snr_db is {self.min_snr_db:g}" if found < self.min_snr_db else None


def snr_db(audio: Audio) -> float | None:
    """The estimate in dB, from -100 to 100; None for silence. What is digital silence counts for neither side."""
    power = frame_power(audio, _SECONDS)
    power = power[power > 0]
    if not len(power):
        return None
    noise, whole = float(np.quantile(power, _QUANTILE)), float(power.mean())
    ratio = (whole - noise) / noise
    return float(np.clip(10 * np.log10(ratio), -_MOST_DB, _MOST_DB)) if ratio > 0 else -_MOST_DB
