"""Reverberate: a recording as it would sound in a room whose response was recorded, for models that will hear rooms;
convolution.py keeps it in time and as loud.

Ko et al., A study on data augmentation of reverberant speech for robust speech recognition, ICASSP 2017, section 3.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from features.augment.convolution import reverberated
from features.augment.from_corpus import FromCorpus
from features.draws import Draws
from features.example import Audio, Example
from features.signal.levels import finite
from features.stage import Outcome, Rejected


class Reverberate(FromCorpus):
    """Audio convolved with a response `from` a corpus, as long and as loud as before, and in time with it.

    The response is drawn from those of the example's own split; its largest magnitude is taken for the direct sound.
    Where the recording or the response is silent, nothing changes, and the notes say `silent`.
    """

    name: ClassVar[str] = "reverberate"
    version: ClassVar[int] = 1
    shown = ({"reverberate": {"from": "rooms", "act_on": "all"}},)

    from_: str = Field(alias="from", description="Name of the corpus of room impulse responses.")

    def augment(self, example: Example, draws: Draws) -> Outcome:
        dry = example.audio(self.of)
        clips = self.clips(example.split)
        clip = clips[int(draws.rng.integers(len(clips)))]
        draws.remember("clip", clip.key)
        response = self.samples(clip, dry.sample_rate)
        direct = int(np.argmax(np.abs(response))) if response.size else 0
        wet = reverberated(dry.samples, response, direct)
        if wet is None:
            draws.remember("silent", True)
            return example.put(self.target, dry)
        result = finite(Audio(wet, dry.sample_rate))
        return result if isinstance(result, Rejected) else example.put(self.target, result)
