"""A corpus of noises for denoisers, made of a few recorded ones and of what can be computed.

    python -m training.noise_corpus --noise FOLDER --speech FOLDER --valid FILE --test FILE --out FOLDER

Seven recordings of noise are soon learnt by heart. Each clip here is one or two noises: a recorded one, at another
speed and through another equaliser; noise of some colour, steady or swelling; hum; clatter; several voices at once;
noise with the spectrum of speech. Below `out` lie `train`, made of all recordings but those that are held out, and
`valid` and `test`, the held out recordings as they are.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.audio.clip import decode_clip
from features.audio.encode import flac
from features.example import Audio
from features.seeds import generator
from features.signal.resample import resample

SAMPLE_RATE = 16000
AUDIO = {".wav", ".flac", ".mp3", ".ogg", ".opus"}
LEVEL = 0.05  # of the clips, as root mean square: loud noises keep their peaks

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Material:
    """What noises are made of: recordings of noise and of speech, (samples,) at 16 kHz."""

    noises: Sequence[Samples]
    voices: Sequence[Samples]


def recorded(rng: np.random.Generator, samples: int, material: Material) -> Samples:
    """A piece of a recording, 0.7 to 1.4 times as fast, through another equaliser."""
    found = speeded(one_of(rng, material.noises), rng.uniform(0.7, 1.4))
    return equalised(piece(rng, found, samples), rng, 4)


def coloured(rng: np.random.Generator, samples: int, material: Material) -> Samples:
    """Noise whose power falls with frequency by a random slope, from blue to brown."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    hertz = np.maximum(np.fft.rfftfreq(samples, 1 / SAMPLE_RATE), 20)
    made = np.fft.irfft(spectrum * hertz ** (-rng.uniform(-0.5, 2.5) / 2), samples)
    return equalised(unit(made), rng, 3)


def swelling(rng: np.random.Generator, samples: int, material: Material) -> Samples:
    """Coloured noise whose level moves, from twice a second to once in ten."""
    knots = int(samples / SAMPLE_RATE * np.exp(rng.uniform(np.log(0.5), np.log(12)))) + 2
    level_db = np.interp(
        np.arange(samples), np.linspace(0, samples - 1, knots), rng.normal(0, rng.uniform(2, 8), knots)
    )
    return (coloured(rng, samples, material) * 10 ** (level_db / 20)).astype(np.float32)


def hum(rng: np.random.Generator, samples: int, material: Material) -> Samples:
    """A motor: a tone of 45 to 400 Hz that wavers, with its harmonics, in a little noise."""
    tone = np.exp(rng.uniform(np.log(45), np.log(400)))
    knots = rng.standard_normal(samples // SAMPLE_RATE + 2)
    waver = np.interp(np.arange(samples) / SAMPLE_RATE, np.arange(len(knots)), knots)
    phase = 2 * np.pi * np.cumsum(tone * (1 + 0.02 * waver)) / SAMPLE_RATE
    fall, numbers = rng.uniform(0.3, 1.5), range(1, min(int(7000 / tone), 40))
    parts = (rng.uniform(0.2, 1) * n**-fall * np.sin(n * phase + rng.uniform(0, 6.28)) for n in numbers)
    return unit(sum(parts)) + coloured(rng, samples, material) * np.float32(rng.uniform(0.05, 0.5))


def clatter(rng: np.random.Generator, samples: int, material: Material) -> Samples:
    """Knocks and rings: sums of tones that die away, from one in a second and a half to twenty a second."""
    made = np.zeros(samples)
    rate = np.exp(rng.uniform(np.log(0.7), np.log(20)))
    for _ in range(rng.poisson(rate * samples / SAMPLE_RATE) + 1):
        length = int(SAMPLE_RATE * np.exp(rng.uniform(np.log(0.01), np.log(0.5))))
        seconds = np.arange(length) / SAMPLE_RATE
        share = np.arange(length) / length
        knock = rng.uniform(0, 1) * np.exp(-share * rng.uniform(5, 40)) * rng.standard_normal(length)
        for _ in range(rng.integers(1, 8)):
            tone = np.exp(rng.uniform(np.log(150), np.log(7500)))
            fading = np.exp(-share * rng.uniform(3, 12))
            knock += rng.uniform(0.2, 1) * fading * np.sin(2 * np.pi * tone * seconds + rng.uniform(0, 6.28))
        start = int(rng.integers(samples))
        knock = knock[: samples - start] * 10 ** (rng.normal(0, 8) / 20)
        made[start : start + len(knock)] += knock
    return equalised(unit(made), rng, 3) + coloured(rng, samples, material) * np.float32(0.005)


def babble(rng: np.random.Generator, samples: int, material: Material) -> Samples:
    """Three to eight voices at once, each at its own speed and level."""
    made = np.zeros(samples, np.float32)
    for _ in range(rng.integers(3, 9)):
        voice = speeded(one_of(rng, material.voices), rng.uniform(0.85, 1.2))
        made += unit(piece(rng, voice, samples)) * np.float32(10 ** (rng.normal(0, 4) / 20))
    return equalised(made, rng, 2)


def speech_shaped(rng: np.random.Generator, samples: int, material: Material) -> Samples:
    """Noise with the long-term spectrum of a voice."""
    voice = piece(rng, one_of(rng, material.voices), samples)
    power = np.abs(np.fft.rfft(voice)) ** 2
    smooth = np.convolve(power, np.ones(257) / 257, "same")
    return unit(np.fft.irfft(np.fft.rfft(rng.standard_normal(samples)) * np.sqrt(smooth), samples))


KINDS: dict[Callable[[np.random.Generator, int, Material], Samples], float] = {
    recorded: 0.5,
    coloured: 0.1,
    swelling: 0.08,
    hum: 0.07,
    clatter: 0.12,
    babble: 0.08,
    speech_shaped: 0.05,
}
"""The kinds of noise, and how much of the corpus is of each."""


def clip(number: int, samples: int, material: Material, seed: int) -> Samples:
    """The clip of that number: one noise, or in a third of them two, at a common level."""
    rng = generator(seed, "noise_corpus", number, "", 0)
    kinds, shares = list(KINDS), list(KINDS.values())
    made = unit(kinds[rng.choice(len(kinds), p=shares)](rng, samples, material))
    if rng.random() < 0.35:
        second = unit(kinds[rng.choice(len(kinds), p=shares)](rng, samples, material))
        made = unit(made + second * np.float32(10 ** (rng.uniform(-10, 10) / 20)))
    peak = float(np.abs(made).max())
    return np.asarray(made * min(LEVEL, 0.99 / peak), np.float32)


def one_of(rng: np.random.Generator, recordings: Sequence[Samples]) -> Samples:
    return recordings[int(rng.integers(len(recordings)))]


def piece(rng: np.random.Generator, samples: Samples, length: int) -> Samples:
    """So many samples from a random place, repeated where there are too few."""
    if len(samples) <= length:
        return np.asarray(np.resize(samples, length), np.float32)
    start = int(rng.integers(len(samples) - length + 1))
    return samples[start : start + length]


def speeded(samples: Samples, factor: float) -> Samples:
    """Played so many times as fast, pitch and all."""
    made: Samples = resample(samples[None], round(SAMPLE_RATE * factor), SAMPLE_RATE)[0]
    return made


def equalised(samples: Samples, rng: np.random.Generator, spread_db: float) -> Samples:
    """Through gains that are drawn for each octave from 60 Hz on."""
    octaves = np.array([0, 60, 125, 250, 500, 1000, 2000, 4000, 8000])
    gains_db = rng.normal(0, spread_db, len(octaves))
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    gain = 10 ** (np.interp(np.log2(hertz + 30), np.log2(octaves + 30), gains_db) / 20)
    return np.asarray(np.fft.irfft(np.fft.rfft(samples) * gain, len(samples)), np.float32)


def unit(samples: NDArray[np.floating]) -> Samples:
    """At a root mean square of 1."""
    return np.asarray(samples / (np.sqrt(np.mean(np.square(samples))) + 1e-9), np.float32)


def write(
    noise: Path,
    speech: Path,
    valid: Sequence[str],
    test: Sequence[str],
    out: Path,
    clips: int,
    seconds: float,
    seed: int,
) -> None:
    """Writes the corpus into `out`, which must not be there; the same files give the same bytes."""
    there = {path.name: path for path in sorted(noise.rglob("*")) if path.suffix in AUDIO}
    missing = [name for name in [*valid, *test] if name not in there]
    if missing or not set(there) - {*valid, *test}:
        raise SystemExit(f"{noise}: there is no {', '.join(missing) or 'noise left to train on'}")
    heard = [read(path) for name, path in there.items() if name not in {*valid, *test}]
    voices = [read(path) for path in sorted(speech.rglob("*")) if path.suffix in AUDIO]
    for split, names in (("valid", valid), ("test", test)):
        (out / split).mkdir(parents=True)
        for name in names:
            shutil.copyfile(there[name], out / split / name)
    (out / "train").mkdir()
    material = Material(heard, voices)
    for number in range(clips):
        made = clip(number, round(seconds * SAMPLE_RATE), material, seed)
        (out / "train" / f"{number:04}.flac").write_bytes(flac(Audio(made[None], SAMPLE_RATE)))


def read(path: Path) -> Samples:
    """A recording in mono, (samples,)."""
    samples: Samples = decode_clip(path.read_bytes(), SAMPLE_RATE).samples[0]
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.noise_corpus", description="Noises to train denoisers on."
    )
    parser.add_argument("--noise", type=Path, required=True, help="Folder of recorded noises.")
    parser.add_argument("--speech", type=Path, required=True, help="Folder of speech that babble is made of.")
    parser.add_argument("--valid", nargs="*", default=[], help="Names of noises that choose.")
    parser.add_argument("--test", nargs="*", default=[], help="Names of noises that are tested on.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write(given.noise, given.speech, given.valid, given.test, given.out, given.clips, given.seconds, given.seed)


if __name__ == "__main__":
    main()
