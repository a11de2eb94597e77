"""AddNoise: a recording in a noisy place, at a signal-to-noise ratio that is exact over its whole length; the same
pair, kept under two names, is what a denoiser learns from. Colours are made in colored_noise.py.

SNR = 10 log10(mean square of the signal / mean square of the noise that is added).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from features.augment.colored_noise import COLORS, colored_noise
from features.augment.from_corpus import FromCorpus, piece
from features.draws import Draws, Random, within
from features.example import Audio, Example
from features.signal.levels import SILENCE, amplitude, finite, rms, scaled
from features.stage import Outcome, Rejected


def _exponents(value: Any) -> Any:
    """Names of colours as exponents; what is none is left for the distribution's own check."""
    if isinstance(value, Mapping) and isinstance(value.get("choice"), list | tuple):
        return {**value, "choice": tuple(_exponents(one) for one in value["choice"])}
    if isinstance(value, str) and value not in COLORS:
        raise ValueError(f"a color is {', '.join(COLORS)}, or the exponent of 1 / f")
    return COLORS.get(value, value) if isinstance(value, str) else value


Color = Annotated[
    Random,
    within(-4, 4),
    BeforeValidator(_exponents, json_schema_input_type=Random | Literal["white", "pink", "brown", "blue", "violet"]),
]
"""The exponent in power per Hz ~ 1 / f^exponent, or the name that such noise has."""


class AddNoise(FromCorpus):
    """Audio with noise added, the same to every channel: a piece of a clip `from` a corpus, or noise of a `color`.

    The clip is drawn from those of the example's own split, its piece from any place in it; a clip shorter
    than the recording is looped. Where the recording or the piece is silent no SNR exists: nothing is added,
    and the notes say `silent`.
    """

    name: ClassVar[str] = "add_noise"
    version: ClassVar[int] = 1
    shown = ({"add_noise": {"from": "noise", "snr_db": 5, "act_on": "all"}},)

    from_: str | None = Field(
        None, alias="from", description="Name of the corpus that the noise is drawn from; this or `color`."
    )
    color: Color | None = Field(
        None,
        description="white, pink, brown, blue, violet, or the exponent of 1 / f that the power per Hz goes with, "
        "between -4 and 4 (pink is 1); below 20 Hz it is level.",
    )
    snr_db: Annotated[Random, within(-100, 100)] = Field(
        description="Level of the signal above that of the noise in dB, between -100 and 100."
    )

    @model_validator(mode="after")
    def _one_source(self) -> AddNoise:
        if (self.from_ is None) == (self.color is None):
            raise ValueError("say where the noise comes from: either `from` (a corpus) or `color`")
        return self

    def augment(self, example: Example, draws: Draws) -> Outcome:
        signal = example.audio(self.of)
        noise = self._noise(example.split, signal, draws)
        signal_level, noise_level = rms(signal.samples), rms(noise)
        silent = "signal" if signal_level < SILENCE else "noise" if noise_level < SILENCE else None
        if silent:
            draws.remember("silent", silent)
            return example.put(self.target, signal)
        snr_db = draws.number("snr_db", self.snr_db)
        draws.remember("snr_db", snr_db)
        with np.errstate(over="ignore"):
            mixed = scaled(noise, signal_level / (noise_level * amplitude(snr_db))) + signal.samples
        result = finite(Audio(mixed, signal.sample_rate))
        return result if isinstance(result, Rejected) else example.put(self.target, result)

    def _noise(self, split: str, signal: Audio, draws: Draws) -> NDArray[np.float32]:
        """As much noise as there is signal, (1, samples), at any level."""
        wanted = signal.samples.shape[1]
        if self.color is not None:
            return colored_noise(draws.rng, wanted, signal.sample_rate, draws.number("color", self.color))
        clips = self.clips(split)
        clip = clips[int(draws.rng.integers(len(clips)))]
        draws.remember("clip", clip.key)
        noise, offset = piece(self.samples(clip, signal.sample_rate), wanted, draws.rng)
        draws.remember("offset_samples", offset)
        return noise
