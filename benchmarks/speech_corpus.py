"""The corpus of the benchmarks: sentences that espeak-ng speaks, with noise, in one folder for each format.

    python -m benchmarks.speech_corpus FOLDER [--clips 1440]

Clips last 5 to 20 s. Each folder holds the same clips: `flac16` and `wav16` at 16 kHz, `flac44`, `mp3` and `ogg` at
44.1 kHz, and beside each a folder with `-short` behind its name, where every sixth clip is linked: what a whole one
takes longer than a short one is the rate, without what starting costs.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
import soxr

from features.text.espeak import speak

FORMATS = {
    "flac16": (16000, "flac", "PCM_16"),
    "wav16": (16000, "wav", "PCM_16"),
    "flac44": (44100, "flac", "PCM_16"),
    "mp3": (44100, "mp3", "MPEG_LAYER_III"),
    "ogg": (44100, "ogg", "VORBIS"),
}
SHORT = 6
VOICES = ("en-us+f1", "en-us+m1", "en-gb+f2", "en-gb+m2", "en-029+f4", "en-gb-scotland+f3", "en-us-nyc+m4")
TEXT = """the river bends twice before it meets the sea and every spring its water carries sand from old hills to new
islands a lamp burned in the upper window while rain fell on the market square where nobody had come to buy bread that
day seven engineers measured the bridge with ropes and found that winter had moved its northern end by half an inch"""


def write(root: Path, clips: int) -> None:
    """Speaks the corpus, unless it is there."""
    if (root / "whole").exists():
        return
    for name in FORMATS:
        for folder in (root / name, root / f"{name}-short"):
            folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        list(pool.map(partial(clip, root), range(clips), chunksize=20))
    (root / "whole").touch()


def clip(root: Path, number: int) -> None:
    """One clip in every format."""
    rng = np.random.default_rng([8, number])
    text = " ".join(rng.choice(TEXT.split(), int(rng.integers(12, 60))))
    heard = speak(text, str(rng.choice(VOICES)), int(rng.integers(130, 200)), int(rng.integers(35, 66)))
    noise = rng.normal(0, 10 ** (rng.uniform(-65, -40) / 20), heard.samples.shape[1])
    samples = heard.samples[0] + noise
    samples *= 10 ** (rng.uniform(-12, -2) / 20) / np.abs(samples).max()
    for name, (rate, suffix, subtype) in FORMATS.items():
        path = root / name / f"{number:05}.{suffix}"
        soundfile.write(path, soxr.resample(samples, heard.sample_rate, rate), rate, subtype)
        if number % SHORT == 0:
            os.link(path, root / f"{name}-short" / path.name)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--clips", type=int, default=1440)
    chosen = options.parse_args()
    write(chosen.folder, chosen.clips)


if __name__ == "__main__":
    main()
