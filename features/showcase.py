"""Showcase: every stage at work on one built-in recording, for the documents, the explorer and the tests of all stages.

The recording is made on the spot: a voice-like sound that glides and pauses, mono (`audio`), in two channels that
come at different times and levels (`stereo`), and as first-order Ambisonics (`ambisonics`). The corpora that stages
may draw from are `noise`, `rooms` (impulse responses) and `speakers`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from features.catalog import stage_class
from features.chain import Chain
from features.example import Audio, Example, Label
from features.fitting import fit
from features.resources import Clip, Clips, Resources
from features.stage import AudioShape, Shape

SAMPLE_RATE = 16_000
SECONDS = 2.0
TEXT = "Dr. Smith counted 3 red cats, twice!"
LABELS: dict[str, Label] = {"word": "three", "tags": ["voice", "glide"], "events": ["0.1 0.7 voice", "1.0 1.9 voice"]}


def showcase(name: str) -> tuple[Chain, Example]:
    """The chain that shows the stage `name`, bound, and the recording before it; ChainError for no stage."""
    chain = Chain.parse(stage_class(name).shown or [{name: {}}])
    example = recording()
    return chain.bind(Resources(corpora(), fit(chain, lambda: [example]))), example


def shapes() -> dict[str, Shape]:
    """The shapes of the recording's arrays."""
    return {
        name: AudioShape(SAMPLE_RATE, *value.array.shape)  # all three are waveforms
        for name, value in recording().arrays.items()
    }


def recording() -> Example:
    """The built-in recording, of speaker `ada`, in train."""
    voice = _voice(0)
    late = np.concatenate([np.zeros(6, np.float32), 0.6 * voice[:-6]])
    left = np.float32(1 / np.sqrt(2)) * voice  # the source lies at 45 degrees to the left, on the horizon
    arrays = {
        "audio": Audio(voice[np.newaxis], SAMPLE_RATE),
        "stereo": Audio(np.stack([voice, late]), SAMPLE_RATE),
        "ambisonics": Audio(np.stack([voice, left, np.zeros_like(voice), left]), SAMPLE_RATE),
    }
    return Example("showcase", None, arrays, TEXT, "ada", LABELS, "train")


def corpora() -> dict[str, Clips]:
    """The built-in corpora: two clips of noise, two rooms, two other speakers."""
    rng = np.random.Generator(np.random.Philox(key=1))
    noises = [rng.standard_normal(SAMPLE_RATE).astype(np.float32) * np.float32(0.1) for _ in range(2)]
    decay = np.exp(-np.arange(SAMPLE_RATE // 4) / (0.03 * SAMPLE_RATE))
    rooms = [(rng.standard_normal(len(decay)) * decay * 0.3).astype(np.float32) for _ in range(2)]
    for room in rooms:
        room[0] = 1.0
    return {"noise": _clips(noises), "rooms": _clips(rooms), "speakers": _clips([_voice(1), _voice(2)])}


def _clips(waves: list[NDArray[np.float32]]) -> Clips:
    """Clips of these waves; they sound the same at whatever rate is asked for, which is SAMPLE_RATE here."""
    clips = [Clip(f"clip {number}", "", wave.tobytes) for number, wave in enumerate(waves)]
    return Clips(clips, lambda data, rate: Audio(np.frombuffer(data, np.float32)[np.newaxis], rate))


@lru_cache(maxsize=3)
def _voice(seed: int) -> NDArray[np.float32]:
    """Harmonics of a gliding pitch in two bursts, in noise 60 dB below full scale, with silence before and after."""
    rng = np.random.Generator(np.random.Philox(key=10 + seed))
    time = np.arange(round(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 110 * 1.2**seed * (1 + 0.3 * np.sin(2 * np.pi * 0.7 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    harmonics = (np.sin(k * phase) / k * np.exp(-(((k * pitch - 700) / 900) ** 2)) for k in range(1, 24))
    tone = np.sum(list(harmonics), axis=0)
    bursts = np.clip(np.minimum(time - 0.1, 0.7 - time) * 30, 0, 1) + np.clip(
        np.minimum(time - 1.0, 1.9 - time) * 30, 0, 1
    )
    voice = np.asarray(0.3 * tone * bursts + 0.001 * rng.standard_normal(len(time)), np.float32)
    voice.flags.writeable = False
    return voice
