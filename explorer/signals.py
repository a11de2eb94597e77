"""Signals: what can be opened without any corpus: a tone, a sweep, a click, noise, and a spoken digit.

Each is a small model with its parameters, from which the explorer makes controls as it does for stages. Levels are
peaks in dB below full scale; that of noise is its root mean square.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from explorer.errors import ExplorerError
from features.augment.colored_noise import COLORS, colored_noise
from features.example import Audio

SPOKEN = Path(__file__).parent / "spoken"
"""FLAC files that espeak-ng spoke (`python -m benchmarks.spoken_signals`)."""
SENTENCE = "the sea was calm, and seven gulls sat on the wall"


class Signal(BaseModel, ABC):
    """Base of the built-in signals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def audio(self) -> Audio:
        """The signal, (1, samples)."""


class Timed(Signal):
    """A signal of any length and rate."""

    seconds: float = Field(2.0, ge=0.05, le=30, description="How long it lasts, in seconds.")
    sample_rate: Literal[8000, 16000, 22050, 44100, 48000] = Field(16000, description="Samples a second, in Hz.")
    level_db: float = Field(-12.0, ge=-90, le=0, description="Its level below full scale, in dB.")

    @property
    def amplitude(self) -> float:
        return float(10 ** (self.level_db / 20))

    def times(self) -> NDArray[np.float64]:
        """The time of each sample in seconds."""
        return np.arange(round(self.seconds * self.sample_rate)) / self.sample_rate

    @abstractmethod
    def samples(self) -> NDArray[np.floating[Any]]:
        """The signal, (samples,), before it is rounded to float32."""

    def audio(self) -> Audio:
        return Audio(np.asarray(self.samples(), np.float32)[np.newaxis], self.sample_rate)


class Tone(Timed):
    """A sine, with overtones where one asks for them: harmonic k has the amplitude 1 / k."""

    name: ClassVar[str] = "tone"
    title: ClassVar[str] = "Tone"

    frequency_hz: float = Field(440.0, gt=0, le=24000, description="Its frequency; above half the rate it folds back.")
    harmonics: int = Field(1, ge=1, le=40, description="How many harmonics: 1 is a sine.")
    phase_degrees: float = Field(0.0, ge=-180, le=180, description="Where in its period it begins.")

    def samples(self) -> NDArray[np.floating[Any]]:
        turns = 2 * np.pi * self.frequency_hz * self.times() + np.deg2rad(self.phase_degrees)
        wave = sum((np.sin(k * turns) / k for k in range(1, self.harmonics + 1)), np.zeros(len(turns)))
        return self.amplitude * wave / max(1.0, float(np.abs(wave).max(initial=0)))


class Chirp(Timed):
    """A sine that sweeps from one frequency to another."""

    name: ClassVar[str] = "chirp"
    title: ClassVar[str] = "Sweep"

    from_hz: float = Field(100.0, gt=0, le=24000, description="The frequency at its start.")
    to_hz: float = Field(7000.0, gt=0, le=24000, description="The frequency at its end.")
    sweep: Literal["linear", "logarithmic"] = Field("linear", description="As many Hz, or octaves, in each second.")

    def samples(self) -> NDArray[np.floating[Any]]:
        times, ratio = self.times(), self.to_hz / self.from_hz
        if self.sweep == "linear" or ratio == 1:
            turns = self.from_hz * times + (self.to_hz - self.from_hz) * times**2 / (2 * self.seconds)
        else:
            turns = self.from_hz * self.seconds / np.log(ratio) * (ratio ** (times / self.seconds) - 1)
        return self.amplitude * np.sin(2 * np.pi * turns)


class Impulse(Timed):
    """Clicks of one sample, evenly spaced; a single one has every frequency alike."""

    name: ClassVar[str] = "impulse"
    title: ClassVar[str] = "Click"

    count: int = Field(
        1, ge=1, le=200, description="How many clicks, with silence before the first and behind the last."
    )

    def samples(self) -> NDArray[np.floating[Any]]:
        wave = np.zeros(len(self.times()))
        wave[(np.arange(1, self.count + 1) * len(wave)) // (self.count + 1)] = self.amplitude
        return wave


class Noise(Timed):
    """Noise whose power falls with frequency: by nothing (white), as 1/f (pink), as 1/f^2 (brown)."""

    name: ClassVar[str] = "noise"
    title: ClassVar[str] = "Noise"

    colour: Literal["white", "pink", "brown"] = Field("white", description="How its power falls with frequency.")
    level_db: float = Field(-30.0, ge=-90, le=-15, description="Root mean square below full scale, in dB.")
    seed: int = Field(0, ge=0, le=9999, description="Another seed is other noise of the same kind.")

    def samples(self) -> NDArray[np.floating[Any]]:
        rng = np.random.Generator(np.random.Philox(key=self.seed))
        wave = colored_noise(rng, len(self.times()), self.sample_rate, COLORS[self.colour])[0]
        rms = float(np.sqrt(np.mean(np.square(wave))))
        return np.asarray(wave * (self.amplitude / max(rms, 1e-12)))


class Speech(Signal):
    """A digit, or a sentence, spoken by a machine, at 16 kHz."""

    name: ClassVar[str] = "speech"
    title: ClassVar[str] = "Spoken digit"

    said: Literal["seven", "three", "nine", "sentence"] = Field("seven", description="What is said.")

    @property
    def text(self) -> str:
        return SENTENCE if self.said == "sentence" else self.said

    def audio(self) -> Audio:
        return spoken(self.said)


SIGNALS: dict[str, type[Signal]] = {one.name: one for one in (Speech, Tone, Chirp, Impulse, Noise)}


def signal(name: str, parameters: dict[str, Any]) -> Signal:
    """A built-in signal; ExplorerError where there is none, pydantic's ValidationError for a wrong parameter."""
    if name not in SIGNALS:
        raise ExplorerError(f"no signal {str(name)!r}; there are {', '.join(SIGNALS)}", "source.signal")
    return SIGNALS[name].model_validate(parameters)


@lru_cache
def spoken(said: str) -> Audio:
    """The recording of `Speech`."""
    samples, rate = soundfile.read(SPOKEN / f"{said}.flac", dtype="float32")
    return Audio(samples[np.newaxis], rate)
