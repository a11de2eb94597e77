"""AddNoise: a recording in a noisy place, at a signal-to-noise ratio that is exact over its whole length.

SNR = 10 log10(mean square of the signal / mean square of the noise that is added).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from features.draws import Draws, Random, within
from features.errors import FeatureError
from features.example import Audio, Example
from features.resources import Clips, Resources
from features.signal.levels import SILENCE, amplitude, finite, rms, scaled
from features.stage import Augmentation, Outcome, Rejected


class AddNoise(Augmentation):
    """Audio with a piece of a noise clip added, the same to every channel.

    The clip is drawn from those of the example's own split, its piece from any place in it; a clip shorter
    than the recording is looped. Where the recording or the piece is silent no SNR exists: nothing is added,
    and the notes say `silent`.
    """

    name: ClassVar[str] = "add_noise"
    version: ClassVar[int] = 1
    shown = ({"add_noise": {"from": "noise", "snr_db": 5, "act_on": "all"}},)

    from_: str = Field(alias="from", description="Name of the corpus that the noise is drawn from.")
    snr_db: Annotated[Random, within(-100, 100)] = Field(
        description="Level of the signal above that of the noise in dB, between -100 and 100."
    )

    _clips: Clips | None = PrivateAttr(None)

    def corpora(self) -> tuple[str, ...]:
        return (self.from_,)

    def bind(self, resources: Resources, label: str) -> AddNoise:
        if self.from_ not in resources.clips:
            raise FeatureError(f"add_noise draws from corpus {self.from_!r}, which is not there")
        bound = self.model_copy()
        bound._clips = resources.clips[self.from_]
        return bound

    def apply(self, example: Example, draws: Draws) -> Outcome:
        signal = example.audio(self.of)
        noise = self._piece(example.split, signal, draws)
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

    def _piece(self, split: str, signal: Audio, draws: Draws) -> NDArray[np.float32]:
        """As much noise as there is signal, (1, samples), from a clip and an offset that are drawn."""
        if self._clips is None:
            raise FeatureError(f"add_noise has no clips: bind the chain to corpus {self.from_!r} first")
        clips = self._clips.of_split(split)
        if not clips:
            raise FeatureError(
                f"add_noise: corpus {self.from_!r} has no clips for split {split!r}; give it a split too"
            )
        clip = clips[int(draws.rng.integers(len(clips)))]
        draws.remember("clip", clip.key)
        noise = self._clips.audio(clip, signal.sample_rate).samples
        length, wanted = noise.shape[1], signal.samples.shape[1]
        if not length:
            return noise
        if length >= wanted:
            offset = draws.integer("offset_samples", 0, length - wanted + 1)
            return noise[:, offset : offset + wanted]
        offset = draws.integer("offset_samples", 0, length)
        return np.resize(np.roll(noise, -offset), (1, wanted))
