"""Speaks the built-in signal `speech` of the explorer: `python -m benchmarks.spoken_signals`."""

from __future__ import annotations

import numpy as np
import soundfile

from explorer.signals import SENTENCE, SPOKEN
from features.draws import Draws
from features.signal.resample import Resample
from features.text.espeak import speak

RATE, PEAK = 16_000, 0.5


def main() -> None:
    SPOKEN.mkdir(exist_ok=True)
    for name, text in {"three": "three", "seven": "seven", "nine": "nine", "sentence": SENTENCE}.items():
        heard = speak(text, "en-us+f1")
        audio = Resample(sample_rate=RATE).transform(heard, Draws(0, "resample", 0, name, 0))
        samples = audio.samples[0] * (PEAK / np.abs(audio.samples).max())
        soundfile.write(SPOKEN / f"{name}.flac", samples, RATE, "PCM_16")


if __name__ == "__main__":
    main()
