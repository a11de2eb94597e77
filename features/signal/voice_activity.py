"""VoiceActivity: in which frames somebody speaks, by the energy alone.

A frame is active when its RMS lies more than `above_noise_db` above the noise, which is the level that a tenth of the
frames stay below, and above `floor_db`. Pauses shorter than `min_silence_seconds` are filled, then bursts shorter than
`min_speech_seconds` are taken away. Noise estimated from the recording's own quiet frames, and durations as the second
criterion: Rabiner and Sambur, "An Algorithm for Determining the Endpoints of Isolated Utterances" (1975).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.draws import Draws
from features.example import Audio, Features
from features.signal.levels import amplitude
from features.signal.silence import frame_energy, lengths
from features.spectral.frames import frame_count
from features.stage import AudioShape, FeatureShape, Rejected, Transform

_QUIET_SHARE = 0.1


class VoiceActivity(Transform):
    """Features, (frames, 1): 1 where the recording is active, 0 elsewhere; frame t is centred on sample t * hop.

    With several channels, a frame has the level of the loudest. The measure is relative to the recording's own quiet
    frames: one that has no pause, or that is noise alone, has little or no activity by it.

    >>> burst = np.repeat(np.float32([0, 0.5, 0]), 8000)[np.newaxis]
    >>> active = VoiceActivity().transform(Audio(burst, 8000), Draws(0, "voice_activity", 0, "key", 0))
    >>> active.frames[[0, 150, 300], 0].tolist()
    [0.0, 1.0, 0.0]
    """

    name: ClassVar[str] = "voice_activity"
    version: ClassVar[int] = 1
    writes: ClassVar[str | None] = "voice_activity"

    frame_length_seconds: float = Field(0.032, gt=0, le=60, description="Length of a frame.")
    hop_seconds: float = Field(0.01, gt=0, le=60, description="From one frame to the next.")
    above_noise_db: float = Field(12.0, gt=0, le=100, description="How far speech lies above the noise, in dB.")
    floor_db: float = Field(
        -60.0, ge=-200, le=0, description="What is below this level, in dB of full scale, is quiet."
    )
    min_silence_seconds: float = Field(0.2, ge=0, le=60, description="Shorter pauses count as active.")
    min_speech_seconds: float = Field(0.1, ge=0, le=60, description="Shorter bursts count as quiet.")

    def shape(self, before: AudioShape) -> FeatureShape:
        if before.sample_rate is None:
            return FeatureShape(1)
        frame_length, hop_length = self._lengths(before.sample_rate)
        frames = None if before.samples is None else frame_count(before.samples, frame_length, hop_length)
        return FeatureShape(1, before.sample_rate / hop_length, frames)

    def transform(self, value: Audio, draws: Draws) -> Features | Rejected:
        if not value.samples.size:
            return Rejected("no samples")
        frame_length, hop_length = self._lengths(value.sample_rate)
        energy = frame_energy(value.samples, frame_length, hop_length) / np.float32(frame_length)
        if not np.isfinite(energy).all():
            return Rejected("samples beyond the range of float32")
        noise = np.partition(energy, place := int(_QUIET_SHARE * len(energy)))[place]
        active = energy > max(noise * amplitude(self.above_noise_db) ** 2, amplitude(self.floor_db) ** 2)
        rate = value.sample_rate / hop_length
        active = _without_short(active, False, self.min_silence_seconds * rate, ends=False)
        active = _without_short(active, True, self.min_speech_seconds * rate, ends=True)
        return Features(active.astype(np.float32)[:, np.newaxis], rate)

    def _lengths(self, sample_rate: int) -> tuple[int, int]:
        return lengths(self.frame_length_seconds, sample_rate), lengths(self.hop_seconds, sample_rate)


def _without_short(active: NDArray[np.bool_], kind: bool, shortest: float, *, ends: bool) -> NDArray[np.bool_]:
    """The frames with runs of `kind` of fewer than `shortest` frames turned over; those at the ends where `ends`.

    >>> _without_short(np.array([False, True, False, True]), False, 2, ends=False).tolist()
    [False, True, True, True]
    """
    result = active.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[not kind], active, [not kind]]).astype(np.int8)))
    for start, stop in edges.reshape(-1, 2).tolist():
        if stop - start < shortest and (ends or (start > 0 and stop < len(active))):
            result[start:stop] = not kind
    return result
