"""MixSpeakers: others speak at the same time, at a signal-to-interference ratio that is exact over the whole length.

SIR = 10 log10(mean square of the signal / mean square of all the other voices together).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.augment.from_corpus import FromCorpus, piece
from features.draws import Draws, Random, within
from features.example import Audio, Example
from features.signal.levels import SILENCE, amplitude, finite, rms, scaled
from features.stage import Outcome, Rejected


class MixSpeakers(FromCorpus):
    """Audio with other voices added, the same to every channel: one that competes, or several that babble.

    Each is a piece of a clip of its own, at the same level as the others; clips come from the example's own split,
    and never the example itself. Where the recording or all the voices are silent, nothing is added and the notes say
    `silent`.
    """

    name: ClassVar[str] = "mix_speakers"
    version: ClassVar[int] = 1
    shown = ({"mix_speakers": {"from": "speakers", "sir_db": 6, "act_on": "all"}},)

    from_: str = Field(alias="from", description="Name of the corpus that the other voices are drawn from.")
    sir_db: Annotated[Random, within(-100, 100)] = Field(
        description="Level of the signal above that of all other voices in dB, between -100 and 100."
    )
    voices: Annotated[Random, within(1, 100)] = Field(
        1, description="How many others speak, 1 to 100, rounded to a whole number; about 6 are babble."
    )

    def augment(self, example: Example, draws: Draws) -> Outcome:
        signal = example.audio(self.of)
        level, voices = rms(signal.samples), self._voices(example, signal, draws)
        if level < SILENCE or voices is None:
            draws.remember("silent", "signal" if level < SILENCE else "voices")
            return example.put(self.target, signal)
        sir_db = draws.number("sir_db", self.sir_db)
        draws.remember("sir_db", sir_db)
        with np.errstate(over="ignore"):
            mixed = scaled(voices, level / (rms(voices) * amplitude(sir_db))) + signal.samples
        result = finite(Audio(mixed, signal.sample_rate))
        return result if isinstance(result, Rejected) else example.put(self.target, result)

    def _voices(self, example: Example, signal: Audio, draws: Draws) -> NDArray[np.float32] | None:
        """All other voices together, (1, samples); None where none of them can be heard."""
        clips = [clip for clip in self.clips(example.split) if clip.key != example.key]
        if not clips:
            return None
        count = round(draws.number("voices", self.voices))
        picked = [clips[at] for at in draws.rng.choice(len(clips), count, replace=count > len(clips))]
        pieces = [piece(self.samples(clip, signal.sample_rate), signal.samples.shape[1], draws.rng) for clip in picked]
        draws.remember("clips", [clip.key for clip in picked])
        draws.remember("offset_samples", [offset for _, offset in pieces])
        heard = [scaled(samples, 1 / rms(samples)) for samples, _ in pieces if rms(samples) >= SILENCE]
        together: NDArray[np.float32] | None = np.sum(heard, axis=0) if heard else None
        return together if together is not None and rms(together) >= SILENCE else None
