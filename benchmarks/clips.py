"""Clips that the tables are made on: synthetic ones, and real ones where there are some. All at 16 kHz, mono.

Each begins with a sample of silence, since audiomentations' filters start as if the first sample had been there for
ever. Each lasts a whole number of 100 ms, since pyloudnorm counts half a block more than the standard where it does
not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.example import Array, Audio, Example
from features.showcase import recording
from features.signal.levels import rms
from features.signal.resample import resample

SAMPLE_RATE = 16_000
_STEP = SAMPLE_RATE // 10
_NOISE_DB = -40  # of each microphone, below the level of the clip


def synthetic(seconds: float = 3.0) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Names and samples: the voice of the showcase, a chord, noise that comes and goes, a glide in noise."""
    rng = np.random.default_rng(0)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = rng.standard_normal(len(time))
    voice = np.resize(recording().audio().samples[0], len(time))
    chord = sum(np.sin(2 * np.pi * 220 * 2 ** (step / 12) * time + step) for step in (0, 4, 7, 12))
    glide = 2 * np.pi * (80 * time + 400 / seconds / 2 * time**2)  # from 80 to 480 Hz
    yield "voice", _clip(voice)
    yield "chord", _clip(0.1 * chord * np.exp(-3 * (time % 1)) + 0.002 * noise)
    yield "noise", _clip(0.1 * noise * (0.55 + 0.45 * np.sin(9 * time)))
    yield "glide", _clip(0.3 * np.sin(glide) + 0.1 * np.sin(3 * glide) + 0.01 * noise)


def real(folder: Path, count: int = 30, seconds: float = 3.0) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Names and samples of `count` audio files below a folder, as many from each of its folders, around the loudest."""
    import soundfile

    kinds = {f".{name.lower()}" for name in soundfile.available_formats()} | {".opus"}
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in kinds and path.is_file())
    for path in islice(_shuffled(folder, paths), count):
        try:
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            continue  # a folder of real files may hold broken ones
        mono = resample(np.ascontiguousarray(samples[:, :1].T), rate, SAMPLE_RATE)[0]
        loudest, length = int(np.argmax(np.abs(mono))), round(seconds * SAMPLE_RATE)
        first = max(0, min(loudest - length // 2, len(mono) - length))
        clip = _clip(mono[first : first + length])
        if len(clip) >= 5 * _STEP and 1e-3 < rms(clip) < 1:  # a sound, at a level of sounds
            yield path.relative_to(folder).as_posix(), clip


def _shuffled(folder: Path, paths: list[Path]) -> Iterator[Path]:
    """The paths in an order that is always the same: one of each folder inside, then the next of each."""
    order = np.random.default_rng(0).permutation(len(paths))
    groups: dict[str, list[Path]] = {}
    for place in order:
        groups.setdefault(paths[place].relative_to(folder).parts[0], []).append(paths[place])
    rounds = zip_longest(*(groups[name] for name in sorted(groups)))
    return (path for found in rounds for path in found if path is not None)


def example(samples: NDArray[np.float32]) -> Example:
    """An example of train with the arrays that chains read: `audio`, `stereo` (one side late), and `ambisonics`."""
    rng = np.random.default_rng(1)
    level = rms(samples) * 10 ** (_NOISE_DB / 20)
    left = samples / np.float32(np.sqrt(2))  # the source lies at 45 degrees to the left
    late = np.concatenate([np.zeros(6, np.float32), 0.6 * samples[:-6]])
    several = {"stereo": [samples, late], "ambisonics": [samples, left, np.zeros_like(samples), left]}
    arrays: dict[str, Array] = {"audio": Audio(samples[np.newaxis], SAMPLE_RATE)}
    for name, channels in several.items():
        noise = level * rng.standard_normal((len(channels), len(samples)))
        arrays[name] = Audio((np.stack(channels) + noise).astype(np.float32), SAMPLE_RATE)
    return Example("clip", None, arrays, split="train")


def _clip(samples: NDArray[np.floating]) -> NDArray[np.float32]:
    clip = np.array(samples[: len(samples) // _STEP * _STEP], np.float32)
    clip[:1] = 0
    return clip
