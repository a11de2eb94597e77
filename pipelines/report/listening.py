"""Listening: audio that a store keeps, as a page plays and shows it: the beginning, in a few kilobytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.audio.encode import FULL_SCALE, flac
from features.errors import FeatureError
from features.example import Audio
from features.showing.sound import playable
from manifests.shard import ShardReader, decode_flac
from manifests.spec import ArraySpec
from pipelines.report.drawing import waveform

if TYPE_CHECKING:
    from markupsafe import Markup

LONGEST_SECONDS = 10.0
LARGEST_BYTES = 180_000
"""Of a clip as FLAC: a dozen of them, in base64, are 3 MB of a page."""
WIDTH, HEIGHT = 300, 72
"""Of the picture of a spectrogram, in pixels."""
WINDOW_SECONDS, MELS, RANGE_DB = 0.032, 64, 80.0


@dataclass(frozen=True, slots=True)
class Clip:
    """The beginning of a recording: `sound` and `spectrogram` are data URLs, `seconds` how much of it is played."""

    sound: str
    waveform: Markup
    spectrogram: str | None
    seconds: float


def read_audio(reader: ShardReader, row: Mapping[str, Any], spec: ArraySpec, seconds: float = LONGEST_SECONDS) -> Audio:
    """The first seconds of the audio of an index row, checked; DamagedError where it is not as it was written."""
    reader.check(row)
    rate = int(spec.rate or row[f"{spec.name}.rate"])
    most = max(1, round(seconds * rate))
    raw = reader.raw(row, spec)
    if spec.encoding == "flac" and row[f"{spec.name}.length"] <= most:
        found = decode_flac(raw)
    elif spec.encoding == "flac":
        import soundfile

        with soundfile.SoundFile(io.BytesIO(raw)) as source:
            found = source.read(most, dtype="int16", always_2d=True)
    else:
        width = row[f"{spec.name}.width"]
        count = min(most, row[f"{spec.name}.length"]) * width
        found = np.frombuffer(raw, np.dtype(spec.encoding).newbyteorder("<"), count).reshape(-1, width)
    samples = found.T.astype(np.float32)
    if found.dtype.kind == "i":
        samples /= FULL_SCALE
    return Audio(np.ascontiguousarray(samples), rate)


def clip(audio: Audio) -> Clip | None:
    """The beginning of a recording for a page; None where it holds nothing that can be played.

    As much is kept as LONGEST_SECONDS and LARGEST_BYTES allow; it is played as features.showing.sound says.
    """
    played = playable(audio, LONGEST_SECONDS)
    if not played.samples.size:
        return None
    try:
        content = flac(played)
        while len(content) > LARGEST_BYTES and played.seconds > 0.5:
            played = playable(audio, 0.95 * played.seconds * LARGEST_BYTES / len(content))
            content = flac(played)
    except FeatureError:  # a rate that FLAC does not have
        return None
    mono = audio.samples[:, : played.samples.shape[1]].mean(axis=0)
    return Clip(
        sound=data_url("audio/flac", content),
        waveform=waveform(mono),
        spectrogram=_spectrogram(Audio(mono[np.newaxis], audio.sample_rate)),
        seconds=played.seconds,
    )


def data_url(kind: str, content: bytes) -> str:
    """Bytes as a part of a page.

    >>> data_url("text/plain", b"abc")
    'data:text/plain;base64,YWJj'
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _spectrogram(audio: Audio) -> str | None:
    """A log-mel picture as a data URL; None where the audio is too short, or its rate too low, for one."""
    from features.draws import Draws
    from features.perceptual.log_mel import LogMel
    from features.showing.png import encode
    from features.showing.raster import features_image
    from features.stage import Rejected

    n_fft = 1 << max(5, round(np.log2(WINDOW_SECONDS * audio.sample_rate)))
    hop_length = max(1, min(n_fft // 4, audio.samples.shape[1] // WIDTH))
    try:
        stage = LogMel(n_fft=n_fft, hop_length=hop_length, n_mels=MELS, log="db")
        found = stage.transform(audio, Draws(0, "log_mel", 0, "report", 0))
    except FeatureError:
        return None
    if isinstance(found, Rejected):
        return None
    top = float(found.frames.max())
    return data_url("image/png", encode(features_image(found.frames, WIDTH, HEIGHT, top - RANGE_DB, top)))
