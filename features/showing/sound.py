"""Sound: a waveform as something to play that startles nobody: not too loud, not too long, faded in."""

from __future__ import annotations

import numpy as np

from features.example import Audio

PEAK = 10 ** (-3 / 20)  # -3 dBFS
FADE_SECONDS = 0.01
LONGEST_SECONDS = 30.0
_BYTES_PER_SAMPLE = 2
_HEADER_BYTES = 44


def playable(audio: Audio, seconds: float = LONGEST_SECONDS, most_bytes: int | None = None) -> Audio:
    """The beginning of a waveform, as long as `seconds` and a WAV of `most_bytes` allow.

    Its peak lies at -3 dBFS or below, the first 10 ms are faded in, more than two channels become their mean, and
    what is no number is silence.

    >>> loud = Audio(np.ones((1, 800), np.float32), 8000)
    >>> found = playable(loud).samples
    >>> float(found[0, 0]), round(float(20 * np.log10(found.max())), 3)
    (0.0, -3.0)
    """
    channels = audio.channels if audio.channels <= 2 else 1
    length = min(audio.samples.shape[1], int(seconds * audio.sample_rate))
    if most_bytes is not None:
        length = min(length, max(0, most_bytes - _HEADER_BYTES) // (_BYTES_PER_SAMPLE * max(channels, 1)))
    samples = np.nan_to_num(audio.samples[:, :length].astype(np.float32), posinf=0, neginf=0)
    if channels != audio.channels:
        samples = samples.mean(axis=0, keepdims=True)
    loudest = float(np.abs(samples).max(initial=0))
    if loudest > PEAK:
        samples *= np.float32(PEAK / loudest)
    fade = min(length, round(FADE_SECONDS * audio.sample_rate))
    samples[:, :fade] *= np.arange(fade, dtype=np.float32) / max(fade, 1)
    return Audio(samples, audio.sample_rate)
