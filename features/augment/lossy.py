"""Lossy codecs: samples encoded and decoded again, in time with what they were; for codec and telephone.

mu-law is our own; all others are FFmpeg's, through PyAV (the extra `containers`). Encoders and decoders add a delay:
MP3, Opus and AAC say in their containers how much of it the decoder is to skip, and AMR's is known.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.errors import ChainError
from features.signal.mu_law import encode, expanded, levels
from features.signal.resample import resample


@dataclass(frozen=True, slots=True)
class Format:
    """An encoder of FFmpeg: its name and its container's, what it takes, and the delay that is left, in samples."""

    encoder: str
    container: str
    samples: str
    rates: tuple[int, ...]
    kbps: tuple[float, float]
    delay: int = 0


FORMATS = {
    "mp3": Format(
        "libmp3lame",
        "mp3",
        "fltp",
        (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
        (8, 320),
    ),
    "opus": Format("libopus", "ogg", "flt", (8000, 12000, 16000, 24000, 48000), (6, 510)),
    "aac": Format("aac", "mp4", "fltp", (8000, 16000, 22050, 24000, 32000, 44100, 48000), (8, 500)),
    "amr_nb": Format("libopencore_amrnb", "amr", "s16", (8000,), (4.75, 12.2), delay=39),
}


def through_mu_law(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples (channels, samples) after 8-bit mu-law and back, clipped to full scale.

    >>> through_mu_law(np.float32([[1, -2]])).tolist()
    [[1.0, -1.0]]
    """
    return _mu_law_samples()[encode(np.ascontiguousarray(samples))]


@lru_cache(maxsize=1)
def _mu_law_samples() -> NDArray[np.float32]:
    return expanded(levels()).astype(np.float32)


def need_av(name: str) -> None:
    """ChainError where PyAV is not installed."""
    if find_spec("av") is None:
        raise ChainError(f"{name} is a codec of FFmpeg, which needs PyAV: pip install 'wavemill[containers]'", "format")


def through_ffmpeg(samples: NDArray[np.float32], sample_rate: int, name: str, kbps: float) -> NDArray[np.float32]:
    """Samples (channels, samples) after a codec of FORMATS, each channel by itself, clipped to full scale.

    The codec runs at the first of its rates that is no lower than the samples', or at its highest.
    """
    kind = FORMATS[name]
    rate = next((one for one in kind.rates if one >= sample_rate), kind.rates[-1])
    clipped = np.clip(resample(np.clip(samples, -1, 1), sample_rate, rate), -1, 1)
    result = np.zeros(samples.shape, np.float32)
    for before, after in zip(clipped, result, strict=True):
        decoded, decoded_rate = _decoded(_encoded(before, rate, kind, kbps), kind)
        found = resample(decoded[np.newaxis, kind.delay :], decoded_rate, sample_rate)[0, : len(after)]
        after[: len(found)] = found
    return result


def _encoded(samples: NDArray[np.float32], rate: int, kind: Format, kbps: float) -> bytes:
    import av

    sink = io.BytesIO()
    values = samples if kind.samples != "s16" else np.rint(samples * 32767).astype(np.int16)
    padded = np.concatenate([values, np.zeros(kind.delay, values.dtype)])
    with av.open(sink, "w", format=kind.container) as container:
        stream: Any = container.add_stream(kind.encoder, rate=rate, layout="mono")
        stream.bit_rate = round(1000 * kbps)
        stream.codec_context.thread_count = 1
        frame = av.AudioFrame.from_ndarray(padded[np.newaxis], format=kind.samples, layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return sink.getvalue()


def _decoded(data: bytes, kind: Format) -> tuple[NDArray[np.float32], int]:
    import av

    with av.open(io.BytesIO(data), "r", format="mov" if kind.container == "mp4" else kind.container) as container:
        stream = container.streams.audio[0]
        stream.codec_context.thread_count = 1
        planar = av.AudioResampler(format="fltp", layout="mono")
        frames = [part for frame in container.decode(stream) for part in planar.resample(frame)]
        rate = stream.codec_context.sample_rate
    return np.concatenate([np.zeros(0, np.float32), *(frame.to_ndarray()[0] for frame in frames)]), rate
