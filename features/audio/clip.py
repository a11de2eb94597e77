"""Clips: the recordings of a resource corpus (noises, room responses), decoded to mono at a rate."""

from __future__ import annotations

from features.audio.decode import Decode
from features.draws import Draws
from features.errors import FeatureError
from features.example import Audio, Example, Source
from features.signal.resample import resample
from features.stage import Rejected


def decode_clip(data: bytes, sample_rate: int) -> Audio:
    """The clip in mono at `sample_rate` (soxr HQ); FeatureError, with the reason, when it cannot be used."""
    decoded = Decode().apply(Example("clip", Source(data)), Draws(0, "decode", 0, "clip", 0))
    if isinstance(decoded, Rejected):
        raise FeatureError(f"a clip that a stage draws from cannot be used: {decoded.reason}")
    assert isinstance(decoded, Example)
    audio = decoded.audio()
    return Audio(resample(audio.samples, audio.sample_rate, sample_rate), sample_rate)
