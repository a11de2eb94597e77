"""Encoded audio for tests, made on the spot, and the decode stage run on bytes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from features.audio.decode import Decode
from features.draws import Draws
from features.example import Audio, Example, Source
from features.stage import Rejected

FORMATS = [
    ("WAV", "PCM_U8"),
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "PCM_32"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("WAV", "ULAW"),
    ("WAV", "ALAW"),
    ("WAV", "IMA_ADPCM"),
    ("WAV", "MS_ADPCM"),
    ("WAVEX", "PCM_16"),
    ("RF64", "PCM_16"),
    ("FLAC", "PCM_S8"),
    ("FLAC", "PCM_16"),
    ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
    ("AIFF", "PCM_16"),
    ("AIFF", "IMA_ADPCM"),
    ("AU", "PCM_16"),
    ("CAF", "PCM_16"),
    ("W64", "PCM_16"),
    ("NIST", "PCM_16"),
]


def noise(frames: int = 9000, channels: int = 1, seed: int = 0) -> NDArray[np.int16]:
    """Noise that rises and falls, int16 (frames, channels): no two blocks of it are alike."""
    rng = np.random.default_rng(seed)
    envelope = 3000 + 2500 * np.sin(np.arange(frames) / 700)
    return (rng.standard_normal((frames, channels)) * envelope[:, np.newaxis]).astype(np.int16)


def encode(
    samples: NDArray[Any] | None = None, container: str = "WAV", subtype: str = "PCM_16", sample_rate: int = 16000
) -> bytes:
    """`samples`, (frames, channels), int16 or float, as libsndfile writes them."""
    samples = noise() if samples is None else samples
    if samples.dtype == np.int16 and subtype in ("FLOAT", "DOUBLE"):
        samples = samples / 32768
    sink = io.BytesIO()
    soundfile.write(sink, samples, sample_rate, format=container, subtype=subtype)
    return sink.getvalue()


def outcome(data: bytes, source: dict[str, Any] | None = None, **parameters: Any) -> tuple[Any, dict[str, Any]]:
    """What the stage answers, and what it noted."""
    draws = Draws(0, "decode", 0, "key", 0)
    result = Decode(**{"channels": "all", **parameters}).apply(Example("key", Source(data, **(source or {}))), draws)
    return result, draws.taken


def decoded(data: bytes, source: dict[str, Any] | None = None, **parameters: Any) -> Audio:
    """The audio; fails where the recording is rejected."""
    result, _ = outcome(data, source, **parameters)
    assert isinstance(result, Example), result
    audio = result.audio()
    assert audio.samples.dtype == np.float32
    assert audio.samples.ndim == 2
    assert audio.samples.flags.c_contiguous
    return audio


def reason(data: bytes, source: dict[str, Any] | None = None, **parameters: Any) -> str:
    """Why the recording is rejected; fails where it is not."""
    result, _ = outcome(data, source, **parameters)
    assert isinstance(result, Rejected), "it was decoded"
    return result.reason


def reference(data: bytes) -> tuple[NDArray[np.float32], int]:
    """(channels, samples) and rate as soundfile reads them in one go."""
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return samples.T, rate


def with_av(samples: NDArray[np.int16], codec: str, container: str, sample_rate: int = 48000, **options: str) -> bytes:
    """`samples`, (frames, channels of 1 or 2), as FFmpeg writes them."""
    import av

    sink = io.BytesIO()
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    with av.open(sink, "w", format=container, options=options) as target:
        stream = target.add_stream(codec, rate=sample_rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = sample_rate
        resampler = av.AudioResampler(stream.codec_context.format, stream.codec_context.layout, sample_rate)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            target.mux(stream.encode(part))
        target.mux(stream.encode(None))
    return sink.getvalue()
