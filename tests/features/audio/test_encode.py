"""Encode: what goes in comes out, to the bit where 16 bits hold it."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from features.audio.encode import clipped, flac, pcm16, wav
from features.errors import FeatureError
from features.example import Audio
from tests.features.audio.sounds import decoded, noise


@pytest.mark.parametrize("write", [flac, wav])
@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("rate", [8000, 22050, 48000, 192000])
def test_16_bit_audio_comes_back(write, channels: int, rate: int) -> None:
    edges = np.array([[-32768], [32767], [0], [-1], [1]], np.int16).repeat(channels, axis=1)
    whole = np.concatenate(
        [edges, noise(5000, channels), np.arange(-32768, 32768, dtype=np.int16)[:, None] * edges[4:5]]
    )
    audio = Audio(np.ascontiguousarray(whole.T / np.float32(32768)), rate)
    data = write(audio)
    assert data == write(audio)
    back = decoded(data)
    assert back.sample_rate == rate
    assert np.array_equal(back.samples, audio.samples)
    theirs, _ = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    assert np.array_equal(theirs, whole)


def test_rounding_and_clipping() -> None:
    steps = (
        np.float32([[0.5, 1.5, 2.5, -0.5, -1.5, 32766.5, 32767.4, 32767.5, 40000, -32768.5, -32768.6, -1e9]]) / 32768
    )
    audio = Audio(steps, 8000)
    assert pcm16(audio).T.tolist() == [[0, 2, 2, 0, -2, 32766, 32767, 32767, 32767, -32768, -32768, -32768]]
    assert clipped(audio) == 4
    assert clipped(Audio(np.float32([[0.0, -1.0, 32767 / 32768]]), 8000)) == 0
    rng = np.random.default_rng(0)
    free = rng.uniform(-1, 32767 / 32768, (1, 100_000)).astype(np.float32)
    assert np.abs(decoded(flac(Audio(free, 8000))).samples - free).max() <= 1 / 65536


def test_the_input_is_left_as_it_was() -> None:
    samples = np.float32([[0.3, 2.0]])
    flac(Audio(samples, 8000))
    assert np.array_equal(samples, np.float32([[0.3, 2.0]]))


def test_what_cannot_be_encoded() -> None:
    with pytest.raises(FeatureError, match="not finite"):
        flac(Audio(np.float32([[np.nan]]), 8000))
    with pytest.raises(FeatureError, match="9 channels at 8000 Hz"):
        flac(Audio(np.zeros((9, 10), np.float32), 8000))
    with pytest.raises(FeatureError, match="FLAC holds"):
        flac(Audio(np.zeros((1, 10), np.float32), 700_000))


def test_nothing_is_encoded_as_nothing() -> None:
    assert wav(Audio(np.zeros((1, 0), np.float32), 8000))[-4:] == bytes(4)
